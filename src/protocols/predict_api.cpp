#include "protocols/predict_api.h"

#include "base/base64.h"
#include "predictions/api_parts.h"
#include "predictions/examples.h"

namespace keelrow::protocols {
namespace {

constexpr std::string_view kPattern = "/predict";

Json Example(const models::ServedModel& model) {
  if (model.predictor() != nullptr) {
    const std::string file = predictions::ExampleFile(model);
    return file.empty() ? Json(nullptr) : Json{{"input_data", EncodeBase64(file)}};
  }
  const Json tensors = predictions::ExampleTensors(model);
  if (tensors.size() != 1) return nullptr;  // several inputs are asked through /v2
  return {{"input_data", tensors.front()}};
}

Json RequestSchema(const std::vector<predictions::LoadedVersion>& loaded) {
  const Json request_id = {{"type", "string"}, {"description", "Comes back in the answer."}};
  Json input = predictions::InstanceOf(kPattern, loaded);
  const auto asked = predictions::Asked(kPattern, loaded);
  if (!asked.empty() && asked[0].served->predictor() == nullptr) {
    const Json rows = {{"type", "array"}, {"items", input}};
    input = {{"anyOf", {input, rows}}};  // a row of the network's only input, or several
  }
  return {{"type", "object"},
          {"required", Json::array({"input_data"})},
          {"properties", {{"input_data", std::move(input)}, {"request_id", request_id}}}};
}

std::vector<predictions::ApiBody> Bodies(const std::vector<predictions::LoadedVersion>& loaded) {
  const Json file = {{"type", "string"}, {"contentMediaType", "application/octet-stream"}};
  Json form = {{"type", "object"},
               {"required", Json::array({"file"})},
               {"properties", {{"file", file}, {"request_id", {{"type", "string"}}}}}};
  return {{.type = "application/json", .schema = RequestSchema(loaded), .example = Example},
          {.type = "multipart/form-data", .schema = std::move(form)},
          {.type = "image/*"},
          {.type = "application/octet-stream"}};
}

/// Of a bare network its outputs with their rows, as the engine gave them.
Json ResultSchema(const std::vector<predictions::LoadedVersion>& loaded) {
  const auto asked = predictions::Asked(kPattern, loaded);
  if (asked.empty() || asked[0].served->predictor() != nullptr) {
    return predictions::PredictionOf(kPattern, loaded);
  }
  if (asked[0].served->session().Outputs().size() > 1) return {{"type", "object"}};
  return {{"type", "array"}, {"items", predictions::PredictionOf(kPattern, loaded)}};
}

Json AnswerSchema(const std::vector<predictions::LoadedVersion>& loaded) {
  const Json version = {{"type", {"integer", "string"}}};
  const Json named = {{"type", "object"},
                      {"properties", {{"name", {{"type", "string"}}}, {"version", version}}}};
  return {
      {"type", "object"},
      {"required", {"result", "request_id", "model"}},
      {"properties",
       {{"result", ResultSchema(loaded)}, {"request_id", {{"type", "string"}}}, {"model", named}}}};
}

Json FaultSchema() {
  Json row = {{"type", "object"}, {"required", {"type", "loc", "msg"}}};
  row["properties"] = {{"type", {{"type", "string"}}},
                       {"loc", {{"type", "array"}, {"items", {{"type", {"string", "integer"}}}}}},
                       {"msg", {{"type", "string"}}}};
  return {{"type", "object"},
          {"properties", {{"detail", {{"type", "array"}, {"items", std::move(row)}}}}}};
}

}  // namespace

Json DescribePredict(const std::vector<predictions::LoadedVersion>& loaded) {
  Json post = predictions::RequestOf(kPattern, Bodies(loaded), loaded);
  post["responses"] = {
      {"200", predictions::ReplyOf("The answer.", AnswerSchema(loaded))},
      {"400", {{"description", "The body is no JSON text or no form at all."}}},
      {"413", {{"description", "The body is larger than the limit."}}},
      {"422", predictions::ReplyOf("The input cannot be used; `detail` says where and why.",
                                   FaultSchema())},
      {"503", {{"description", "No model is loaded yet, or the queue is full: see Retry-After."}}}};
  return {{kPattern, {{"post", std::move(post)}}}};
}

}  // namespace keelrow::protocols
