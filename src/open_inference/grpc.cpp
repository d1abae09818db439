#include "open_inference/grpc.h"

#include <fmt/format.h>

#include <algorithm>
#include <protozero/pbf_reader.hpp>

#include "http/grpc.h"
#include "open_inference/grpc_methods.h"
#include "open_inference/open_inference.h"
#include "open_inference/open_inference_proto.h"
#include "predictions/protocol.h"
#include "signals/access_log.h"

namespace keelrow::open_inference {
namespace {

// Real clients send the names first, as the fields are numbered. The rest is not looked through on
// a connection's thread; and what is taken here is all that anybody takes for a name.
constexpr int kFieldsMax = 16;

const GrpcMethod* MethodOf(const http::Route* route) {
  if (route == nullptr) return nullptr;
  const std::string_view pattern = route->pattern;
  static const std::string prefix = GrpcPath(kInferenceService, "");
  if (!pattern.starts_with(prefix)) return nullptr;
  const auto methods = GrpcMethods();
  const auto found = std::ranges::find(methods, pattern.substr(prefix.size()), &GrpcMethod::name);
  return found == methods.end() ? nullptr : &*found;
}

void ReadNames(const GrpcMethod& method, const std::string& message, std::string& model,
               std::string& version) {
  protozero::pbf_reader reader(message.data(), message.size());
  for (int i = 0; i < kFieldsMax && reader.next(); ++i) {
    std::string* name = reader.tag() == method.model     ? &model
                        : reader.tag() == method.version ? &version
                                                         : nullptr;
    if (name != nullptr && reader.wire_type() == protozero::pbf_wire_type::length_delimited) {
      *name = reader.get_string();
    } else {
      reader.skip();
    }
  }
}

void NameModel(const GrpcMethod& method, http::Request& request) {
  std::string model, version;
  try {
    ReadNames(method, request.body, model, version);
  } catch (const protozero::exception&) {
    // The handler reads the message as well, and says what is wrong with it.
  }
  const bool all = model.empty() && method.name == "ModelStatistics";
  if (!all) request.params["model"] = std::move(model);
  if (!version.empty()) request.params["version"] = std::move(version);
}

std::variant<predictions::Question, http::Response> ReadInfer(
    const predictions::ServeContext& context, const models::ServedModel& model,
    const http::Request& request, bool in_stream) {
  InferRequest infer = ReadInferMessage(request.body);
  auto wanted = infer.outputs;
  std::string id = infer.id;
  predictions::Question question = QuestionOf(model, std::move(infer));
  question.render = [wanted = std::move(wanted), id = std::move(id),
                     in_stream](const predictions::Answer& answer) {
    const std::vector<NamedTensor> outputs = OutputsOf(answer, wanted);
    std::string message = InferMessage(answer, outputs, {.id = id, .in_stream = in_stream});
    return GrpcMessage(in_stream ? StreamMessage(message) : std::move(message));
  };
  return question;
}

std::variant<predictions::Question, http::Response> ReadOne(
    const predictions::ServeContext& context, const models::ServedModel& model,
    const http::Request& request) {
  return ReadInfer(context, model, request, false);
}

std::variant<predictions::Question, http::Response> ReadOfStream(
    const predictions::ServeContext& context, const models::ServedModel& model,
    const http::Request& request) {
  return ReadInfer(context, model, request, true);
}

/// A message of its own, so that the stream goes on.
http::Response RefuseInStream(const Error& error) {
  const int status = Info(error.code()).http_status;
  http::Response response =
      GrpcMessage(StreamFault(status == 500 ? "internal error" : error.message()));
  response.status = status;
  return response;
}

/// The request as REST has it, while its answer is waited for.
http::Request AsRest(const GrpcMethod& method, const http::Request& request) {
  http::Request rest = request;
  rest.body = method.request.empty() ? "" : JsonFromProto(request.body, method.request).dump();
  return rest;
}

http::Response AsMessage(const GrpcMethod& method, http::Response response) {
  const Expected<Json> parsed = ParseJson(response.body, "the answer");
  if (!parsed || (parsed->is_object() && parsed->contains("error"))) return response;
  http::Response message = GrpcMessage(ProtoFromJson(*parsed, method.reply));
  for (const auto& [name, value] : response.headers) {
    if (!http::EqualIgnoringCase(name, "Content-Type")) message.headers.Add(name, value);
  }
  return message;
}

http::Handler AnswerAsRest(const GrpcMethod& method, http::Handler handler) {
  return [&method, handler = std::move(handler)](const http::Request& request, http::Reply reply) {
    auto rest = std::make_shared<http::Request>();
    try {
      *rest = AsRest(method, request);
    } catch (const Error& error) {
      return reply(http::Response::FromError(error));
    }
    handler(*rest,
            http::Reply([&method, rest, reply = std::move(reply)](http::Response response) mutable {
              reply(AsMessage(method, std::move(response)));
            }));
  };
}

/// Those that stand for a route of REST, with its scope and thread.
void AddRestMethods(predictions::ServeContext& context, std::vector<http::Route>& routes) {
  std::vector<http::Route> rest = OpenInferenceProtocol().routes(context);
  for (http::Route& route : ModelRepositoryProtocol().routes(context)) {
    rest.push_back(std::move(route));
  }
  for (const GrpcMethod& method : GrpcMethods()) {
    if (method.pattern.empty()) continue;
    const auto found = std::ranges::find_if(rest, [&](const http::Route& route) {
      return route.method == method.verb && route.pattern == method.pattern;
    });
    if (found == rest.end()) {
      throw Error(Code::kInternal,
                  fmt::format("{}: REST has no {} {}", method.name, method.verb, method.pattern));
    }
    http::Route route = *found;
    route.method = "POST";
    route.pattern = GrpcPath(kInferenceService, method.name);
    route.handler = AnswerAsRest(method, std::move(route.handler));
    routes.push_back(std::move(route));
  }
}

std::vector<http::Route> Routes(predictions::ServeContext& context) {
  std::vector<http::Route> routes = {
      {.method = "POST",
       .pattern = GrpcPath(kInferenceService, "ModelInfer"),
       .handler = predictions::PredictionHandler(context, {.model = predictions::ModelInPath,
                                                           .read = ReadOne,
                                                           .refuse = http::Response::FromError}),
       .scope = "predict",
       .summary = "The model's answer to tensors, or to files (gRPC)."},
      {.method = "POST",
       .pattern = GrpcPath(kInferenceService, "ModelStreamInfer"),
       .handler = predictions::PredictionHandler(
           context,
           {.model = predictions::ModelInPath, .read = ReadOfStream, .refuse = RefuseInStream}),
       .scope = "predict",
       .summary = "The same for each message of a stream (gRPC).",
       .body = http::Body::kMessages}};
  AddRestMethods(context, routes);
  return routes;
}

/// A message's names of model and version, where REST has them in its path.
void NameModelOfMessage(http::Request& request) {
  const GrpcMethod* method = MethodOf(request.route);
  if (method != nullptr && method->model != 0) NameModel(*method, request);
}

}  // namespace

std::string GrpcPath(std::string_view service, std::string_view method) {
  return "/" + std::string(service) + "/" + std::string(method);
}

http::Response GrpcMessage(std::string message) {
  return {
      .status = 200, .headers = {{"Content-Type", http::kProtobuf}}, .body = std::move(message)};
}

/// The Open Inference Protocol over gRPC, with Triton's extensions: unary and streaming inference
/// of its own, all else by the handlers of REST.
predictions::Protocol OpenInferenceGrpcProtocol() {
  return {.name = "open_inference_grpc",
          .help = "The Open Inference Protocol, version 2, over gRPC.",
          .routes = Routes,
          .in_openapi = false,
          .name_model = NameModelOfMessage};
}

}  // namespace keelrow::open_inference
