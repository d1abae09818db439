#include <fmt/format.h>

#include "serve/api_parts.h"
#include "serve/examples.h"
#include "serve/instances.h"
#include "serve/open_inference.h"
#include "serve/protocols.h"

namespace keelrow::serve {
namespace {

constexpr std::string_view kVerb = ":predict";

/// "digits:predict" is one segment of the path.
ModelName ModelOf(const ServeContext& context, const http::Request& request) {
  ModelName name = ModelInPath(context, request);
  std::string& text = name.version.empty() ? name.model : name.version;
  if (text.ends_with(kVerb)) {
    text.resize(text.size() - kVerb.size());
    return name;
  }
  throw Error(Code::kNotFound, "POST needs `:predict` behind the model's name");
}

std::variant<Question, http::Response> Read(const ServeContext& context,
                                            const models::ServedModel& model,
                                            const http::Request& request) {
  const Expected<Json> body = ParseJson(request.body, "the body");
  if (!body) throw Error(Code::kBadExample, "the body is no JSON: " + body.error().message());
  const auto instances = body->is_object() ? body->find("instances") : body->end();
  if (!body->is_object() || instances == body->end()) {
    throw Error(Code::kBadExample, "the body has no `instances`");
  }
  Question question = QuestionOfInstances(model, *instances, context.pixels_max);
  question.render = [](const Answer& answer) {
    return http::Response::Json({{"predictions", PredictionsOf(answer)}});
  };
  return question;
}

http::Response Status(const ServeContext& context, const http::Request& request) {
  const ModelName name = ModelInPath(context, request);
  const bool ready = context.models->Find(name.model, name.version) != nullptr;
  if (!ready) throw NotServed(context, name);
  return http::Response::Json({{"name", name.model}, {"ready", true}});
}

std::vector<http::Route> Routes(ServeContext& context) {
  return {
      {.method = "GET",
       .pattern = "/v1/models",
       .handler = OpenInferenceHandler([&context](const auto&) { return ListModels(context); }),
       .scope = "predict",
       .summary = "The models' names."},
      {.method = "GET",
       .pattern = "/v1/models/{model}",
       .handler = OpenInferenceHandler([&context](const auto& r) { return Status(context, r); }),
       .scope = "predict",
       .summary = "Whether the model answers."},
      {.method = "POST",
       .pattern = "/v1/models/{model}",
       .handler = PredictionHandler(context,
                                    {.model = ModelOf, .read = Read, .refuse = OpenInferenceError}),
       .scope = "predict",
       .summary = "POST …/{model}:predict: one prediction an instance."}};
}

constexpr std::string_view kPattern = "/v1/models/{model}";

Json Example(const models::ServedModel& model) {
  Json instances = ExampleInstances(model);
  return instances.is_null() ? Json(nullptr) : Json{{"instances", std::move(instances)}};
}

Json ListNamed(const char* name, Json items) {
  const Json list = {{"type", "array"}, {"items", std::move(items)}};
  return {{"type", "object"}, {"required", Json::array({name})}, {"properties", {{name, list}}}};
}

Json Describe(const std::vector<LoadedVersion>& loaded) {
  Json request = ListNamed("instances", InstanceOf(kPattern, loaded));
  Json post = RequestOf(
      kPattern, {{.type = "application/json", .schema = std::move(request), .example = Example}},
      loaded);
  post["parameters"] = PathParameters(kPattern, loaded, kVerb);
  post["responses"]["200"] = ReplyOf("One prediction an instance.",
                                     ListNamed("predictions", PredictionOf(kPattern, loaded)));
  return {{kPattern, {{"post", std::move(post)}}}};
}

}  // namespace

/// KServe's first protocol, which was TensorFlow Serving's: POST /v1/models/{model}:predict
/// {"instances": […]} gives {"predictions": […]}.
Protocol KserveV1Protocol() {
  return {"kserve_v1", "KServe's first protocol: instances in, predictions out.", Routes, Describe};
}

}  // namespace keelrow::serve
