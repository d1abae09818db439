#include "base/base64.h"
#include "open_inference/infer.h"
#include "open_inference/open_inference.h"
#include "predictions/api_parts.h"
#include "predictions/examples.h"

namespace keelrow::open_inference {
namespace {

/// The rows of nested lists, as many along each axis.
Json ShapeOf(const Json& nested) {
  Json shape = Json::array();
  for (const Json* list = &nested; list->is_array(); list = &list->front()) {
    shape.push_back(list->size());
    if (list->empty()) break;
  }
  return shape;
}

Json Example(const models::ServedModel& model) {
  if (model.predictor() != nullptr) {
    const std::string file = predictions::ExampleFile(model);
    if (file.empty()) return nullptr;
    return {{"inputs", Json::array({{{"name", kFilesInput},
                                     {"shape", {1}},
                                     {"datatype", kBytes},
                                     {"parameters", {{"content_type", "base64"}}},
                                     {"data", Json::array({EncodeBase64(file)})}}})}};
  }
  const Json tensors = predictions::ExampleTensors(model);
  if (tensors.is_null()) return nullptr;
  Json inputs = Json::array();
  for (const bundle::TensorSpec& spec : model.session().Inputs()) {
    const Json& data = tensors.at(spec.name);
    inputs.push_back({{"name", spec.name},
                      {"shape", ShapeOf(data)},
                      {"datatype", predictions::Datatype(spec.dtype)},
                      {"data", data.is_array() ? data : Json::array({data})}});
  }
  return {{"inputs", std::move(inputs)}};
}

Json TensorSchema() {
  const Json text = {{"type", "string"}};
  return {{"type", "object"},
          {"required", {"name", "shape", "datatype"}},
          {"properties",
           {{"name", text},
            {"shape", {{"type", "array"}, {"items", {{"type", "integer"}}}}},
            {"datatype", text},
            {"parameters", {{"type", "object"}}},
            {"data", {{"type", "array"}}}}}};
}

Json Message(const char* tensors, Json more) {
  more[tensors] = {{"type", "array"}, {"items", TensorSchema()}};
  return {
      {"type", "object"}, {"required", Json::array({tensors})}, {"properties", std::move(more)}};
}

Json InferOperation(const char* pattern, const std::vector<predictions::LoadedVersion>& loaded) {
  const Json text = {{"type", "string"}};
  const Json object = {{"type", "object"}};
  Json request = Message(
      "inputs",
      {{"id", text}, {"parameters", object}, {"outputs", {{"type", "array"}, {"items", object}}}});
  Json answer = Message("outputs", {{"id", text}, {"model_name", text}, {"model_version", text}});
  Json post =
      predictions::RequestOf(pattern,
                             {{.type = "application/json", .schema = request, .example = Example},
                              {.type = "application/octet-stream"}},
                             loaded);
  post["responses"]["200"] = predictions::ReplyOf("The outputs.", std::move(answer));
  post["responses"]["400"] = {{"description", "The tensors do not fit the model: `error`."}};
  return {{"post", std::move(post)}};
}

}  // namespace

Json DescribeOpenInference(const std::vector<predictions::LoadedVersion>& loaded) {
  Json paths = Json::object();
  for (const char* pattern :
       {"/v2/models/{model}/infer", "/v2/models/{model}/versions/{version}/infer"}) {
    paths[pattern] = InferOperation(pattern, loaded);
  }
  return paths;
}

}  // namespace keelrow::open_inference
