#include "protocols/label_studio_api.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "predictions/api_parts.h"
#include "predictions/examples.h"

namespace keelrow::protocols {
namespace {

using models::ServedModel;

constexpr std::string_view kAttributeSpecials = "<>&\"";

/// A labelling project of pictures whose choices are the model's labels; empty where it has none.
std::string LabelConfigFor(const ServedModel& model) {
  if (model.predictor() == nullptr || predictions::ExampleFile(model).empty()) return "";
  std::string choices;
  for (const std::string& label : model.predictor()->manifest().labels) {
    if (label.find_first_of(kAttributeSpecials) != std::string::npos) return "";
    choices += fmt::format("<Choice value=\"{}\"/>", label);
  }
  return "<View><Image name=\"image\" value=\"$image\"/><Choices name=\"label\" toName=\"image\">" +
         choices + "</Choices></View>";
}

Json SetupExample(const ServedModel& model) {
  const std::string config = LabelConfigFor(model);
  return config.empty() ? Json(nullptr) : Json{{"project", "1"}, {"schema", config}};
}

Json TasksExample(const ServedModel& model) {
  const std::string config = LabelConfigFor(model);
  if (config.empty()) return nullptr;
  const std::string file = "data:image/png;base64," + EncodeBase64(predictions::ExampleFile(model));
  const Json task = {{"id", 1}, {"data", {{"image", file}}}};
  return {{"tasks", Json::array({task})}, {"label_config", config}};
}

Json WebhookExample(const ServedModel&) {
  return {{"action", "ANNOTATION_CREATED"}, {"project", {{"id", 1}}}};
}

Json Object(Json properties) {
  return {{"type", "object"}, {"properties", std::move(properties)}};
}

struct Operation {
  const char* path;
  Json request;
  Json (*example)(const ServedModel& model);
  const char* reply;
  Json answer;
};

std::vector<Operation> Operations() {
  const Json text = {{"type", "string"}};
  const Json list = {{"type", "array"}};
  return {{"/setup", Object({{"schema", text}}), SetupExample, "The model fits the project.",
           Object({{"model_version", text}})},
          {"/webhook", Object({{"action", text}}), WebhookExample, "It was heard.",
           Object({{"status", text}})},
          {"/predict", Object({{"tasks", list}, {"label_config", text}}), TasksExample,
           "A pre-label a task.", Object({{"results", list}, {"model_version", text}})}};
}

}  // namespace

Json DescribeLabelStudio(const std::vector<predictions::LoadedVersion>& loaded) {
  Json paths = Json::object();
  for (const std::string prefix : {"", "/label-studio", "/label-studio/{model}"}) {
    for (const Operation& operation : Operations()) {
      const std::string pattern = prefix + operation.path;
      if (pattern == "/predict") continue;  // which describes itself
      Json post = predictions::RequestOf(
          pattern,
          {{.type = "application/json", .schema = operation.request, .example = operation.example}},
          loaded);
      post["responses"]["200"] = predictions::ReplyOf(operation.reply, operation.answer);
      paths[pattern] = {{"post", std::move(post)}};
    }
  }
  return paths;
}

}  // namespace keelrow::protocols
