#include "open_inference/open_inference.h"

#include "base/version.h"
#include "open_inference/open_inference_body.h"
#include "predictions/protocol.h"

namespace keelrow::open_inference {
namespace {

std::variant<predictions::Question, http::Response> Read(const predictions::ServeContext& context,
                                                         const models::ServedModel& model,
                                                         const http::Request& request) {
  HttpInfer infer = ReadInfer(model, request);
  auto wanted = infer.request.outputs;
  std::string id = infer.request.id;
  predictions::Question question = QuestionOf(model, std::move(infer.request));
  question.render = [wanted = std::move(wanted), id = std::move(id),
                     form = std::move(infer.form)](const predictions::Answer& answer) {
    return InferResponse(answer, id, OutputsOf(answer, wanted), form);
  };
  return question;
}

Json ServerMetadata() {
  return {{"name", "keelrow"},
          {"version", Version()},
          {"extensions",
           {"binary_tensor_data", "classification", "model_repository", "schedule_policy",
            "statistics", "parameters"}}};
}

http::Response ServerReady(const predictions::ServeContext& context) {
  const bool ready = !context.stopping && context.Ready();
  return http::Response::Json({{"ready", ready}}, ready ? 200 : 503);
}

http::Response ModelReady(const predictions::ServeContext& context, const http::Request& request) {
  const predictions::ModelName name = predictions::ModelInPath(context, request);
  const bool ready = context.models->Find(name.model, name.version) != nullptr;
  if (!ready && predictions::NotServed(context, name).code() == Code::kNotFound)
    throw predictions::NotServed(context, name);
  return http::Response::Json({{"name", name.model}, {"ready", ready}}, ready ? 200 : 503);
}

http::Response Metadata(const predictions::ServeContext& context, const http::Request& request) {
  const predictions::ModelName name = predictions::ModelInPath(context, request);
  const auto model = context.models->Find(name.model, name.version);
  if (!model) throw predictions::NotServed(context, name);
  return http::Response::Json(ModelMetadata(*model, ReadyVersions(context, name.model)));
}

/// The same under /v2/models/{model} and under a version of it.
void AddModelRoutes(predictions::ServeContext& context, const std::string& base,
                    std::vector<http::Route>& routes) {
  routes.push_back(
      {.method = "GET",
       .pattern = base,
       .handler = OpenInferenceHandler([&context](const auto& r) { return Metadata(context, r); }),
       .scope = "predict",
       .summary = "The model's inputs and outputs."});
  routes.push_back({.method = "GET",
                    .pattern = base + "/ready",
                    .handler = OpenInferenceHandler(
                        [&context](const auto& r) { return ModelReady(context, r); }),
                    .access = http::Access::kOpen,
                    .summary = "Whether the model answers."});
  routes.push_back(
      {.method = "POST",
       .pattern = base + "/infer",
       .handler = predictions::PredictionHandler(
           context,
           {.model = predictions::ModelInPath, .read = Read, .refuse = OpenInferenceError}),
       .scope = "predict",
       .summary = "The model's answer to tensors, or to files."});
}

std::vector<http::Route> Routes(predictions::ServeContext& context) {
  std::vector<http::Route> routes = {
      {.method = "GET",
       .pattern = "/v2",
       .handler =
           OpenInferenceHandler([](const auto&) { return http::Response::Json(ServerMetadata()); }),
       .access = http::Access::kOpen,
       .summary = "The server's name and what it can do."},
      {.method = "GET",
       .pattern = "/v2/health/live",
       .handler = OpenInferenceHandler([](const auto&) {
         return http::Response::Json({{"live", true}});
       }),
       .access = http::Access::kOpen,
       .summary = "Whether the process lives.",
       .probe = true},
      {.method = "GET",
       .pattern = "/v2/health/ready",
       .handler = OpenInferenceHandler([&context](const auto&) { return ServerReady(context); }),
       .access = http::Access::kOpen,
       .summary = "Whether the models answer.",
       .probe = true},
      {.method = "GET",
       .pattern = "/v2/models",
       .handler = OpenInferenceHandler([&context](const auto&) { return ListModels(context); }),
       .scope = "predict",
       .summary = "The models' names."}};
  AddModelRoutes(context, "/v2/models/{model}", routes);
  AddModelRoutes(context, "/v2/models/{model}/versions/{version}", routes);
  return routes;
}

}  // namespace

http::Response OpenInferenceError(const Error& error) {
  const int status = Info(error.code()).http_status;
  if (status == 500) return http::Response::Json({{"error", "internal error"}}, status);
  // What cannot be understood is 400 here, whatever part of Keelrow found it.
  return http::Response::Json({{"error", error.message()}},
                              predictions::IsOfInput(error.code()) ? 400 : status);
}

http::Response ListModels(const predictions::ServeContext& context) {
  Json names = Json::array();
  for (const auto& [name, model] : *context.models->Table()) names.push_back(name);
  return http::Response::Json({{"models", std::move(names)}});
}

http::Handler OpenInferenceHandler(predictions::Answerer function) {
  return predictions::ShapedHandler(std::move(function), OpenInferenceError);
}

std::vector<std::string> ReadyVersions(const predictions::ServeContext& context,
                                       const std::string& model) {
  std::vector<std::string> ready;
  const auto table = context.models->Table();
  const auto found = table->find(model);
  if (found == table->end()) return ready;
  for (const models::Version& version : found->second.versions) {
    if (version.served) ready.push_back(version.origin.version);
  }
  return ready;
}

/// The Open Inference Protocol (KServe v2, Triton) over REST: health, metadata, and
/// POST /v2/models/{model}[/versions/{version}]/infer with tensors as JSON or in binary. A version
/// may be an alias, and {model} may be `name@alias`. Errors {"error"}.
predictions::Protocol OpenInferenceProtocol() {
  return {"open_inference", "The Open Inference Protocol, version 2, over REST.", Routes,
          DescribeOpenInference};
}

}  // namespace keelrow::open_inference
