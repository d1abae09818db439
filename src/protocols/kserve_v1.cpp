#include <fmt/format.h>

#include "open_inference/open_inference.h"
#include "predictions/api_parts.h"
#include "predictions/examples.h"
#include "predictions/protocol.h"
#include "protocols/instances.h"

namespace keelrow::protocols {
namespace {

constexpr std::string_view kVerb = ":predict";

/// "digits:predict" is one segment of the path.
predictions::ModelName ModelOf(const predictions::ServeContext& context,
                               const http::Request& request) {
  predictions::ModelName name = predictions::ModelInPath(context, request);
  std::string& text = name.version.empty() ? name.model : name.version;
  if (text.ends_with(kVerb)) {
    text.resize(text.size() - kVerb.size());
    return name;
  }
  throw Error(Code::kNotFound, "POST needs `:predict` behind the model's name");
}

std::variant<predictions::Question, http::Response> Read(const predictions::ServeContext& context,
                                                         const models::ServedModel& model,
                                                         const http::Request& request) {
  const Expected<Json> body = ParseJson(request.body, "the body");
  if (!body) throw Error(Code::kBadExample, "the body is no JSON: " + body.error().message());
  const auto instances = body->is_object() ? body->find("instances") : body->end();
  if (!body->is_object() || instances == body->end()) {
    throw Error(Code::kBadExample, "the body has no `instances`");
  }
  predictions::Question question = QuestionOfInstances(model, *instances);
  question.render = [](const predictions::Answer& answer) {
    return http::Response::Json({{"predictions", PredictionsOf(answer)}});
  };
  return question;
}

http::Response Status(const predictions::ServeContext& context, const http::Request& request) {
  const predictions::ModelName name = predictions::ModelInPath(context, request);
  const bool ready = context.models->Find(name.model, name.version) != nullptr;
  if (!ready) throw predictions::NotServed(context, name);
  return http::Response::Json({{"name", name.model}, {"ready", true}});
}

std::vector<http::Route> Routes(predictions::ServeContext& context) {
  return {
      {.method = "GET",
       .pattern = "/v1/models",
       .handler = open_inference::OpenInferenceHandler(
           [&context](const auto&) { return open_inference::ListModels(context); }),
       .scope = "predict",
       .summary = "The models' names."},
      {.method = "GET",
       .pattern = "/v1/models/{model}",
       .handler = open_inference::OpenInferenceHandler(
           [&context](const auto& r) { return Status(context, r); }),
       .scope = "predict",
       .summary = "Whether the model answers."},
      {.method = "POST",
       .pattern = "/v1/models/{model}",
       .handler = predictions::PredictionHandler(
           context, {.model = ModelOf, .read = Read, .refuse = open_inference::OpenInferenceError}),
       .scope = "predict",
       .summary = "POST …/{model}:predict: one prediction an instance."}};
}

constexpr std::string_view kPattern = "/v1/models/{model}";

Json Example(const models::ServedModel& model) {
  Json instances = predictions::ExampleInstances(model);
  return instances.is_null() ? Json(nullptr) : Json{{"instances", std::move(instances)}};
}

Json ListNamed(const char* name, Json items) {
  const Json list = {{"type", "array"}, {"items", std::move(items)}};
  return {{"type", "object"}, {"required", Json::array({name})}, {"properties", {{name, list}}}};
}

Json Describe(const std::vector<predictions::LoadedVersion>& loaded) {
  Json request = ListNamed("instances", predictions::InstanceOf(kPattern, loaded));
  Json post = predictions::RequestOf(
      kPattern, {{.type = "application/json", .schema = std::move(request), .example = Example}},
      loaded);
  post["parameters"] = predictions::PathParameters(kPattern, loaded, kVerb);
  post["responses"]["200"] =
      predictions::ReplyOf("One prediction an instance.",
                           ListNamed("predictions", predictions::PredictionOf(kPattern, loaded)));
  return {{kPattern, {{"post", std::move(post)}}}};
}

}  // namespace

/// KServe's first protocol, which was TensorFlow Serving's: POST /v1/models/{model}:predict
/// {"instances": […]} gives {"predictions": […]}.
predictions::Protocol KserveV1Protocol() {
  return {"kserve_v1", "KServe's first protocol: instances in, predictions out.", Routes, Describe};
}

}  // namespace keelrow::protocols
