#include "serve/predict_api.h"
#include "serve/numbers.h"

namespace keelrow::serve {
namespace {

Json Content(const char* type, Json schema) {
  return {{type, {{"schema", std::move(schema)}}}};
}

Json InputSchema() {
  Json forms = Json::array({{{"type", "string"},
                             {"contentEncoding", "base64"},
                             {"description", "The file in Base64, or a data: URL of it."}}});
  for (const NumberForm& form : NumberForms()) {
    forms.push_back({{"type", "array"}, {"description", form.help}});
  }
  return {{"anyOf", std::move(forms)}};
}

Json RequestSchema() {
  const Json request_id = {{"type", "string"}, {"description", "Comes back in the answer."}};
  return {{"type", "object"},
          {"required", Json::array({"input_data"})},
          {"properties", {{"input_data", InputSchema()}, {"request_id", request_id}}}};
}

Json RequestContent() {
  const Json file = {{"type", "string"}, {"contentMediaType", "application/octet-stream"}};
  Json content = Content("application/json", RequestSchema());
  content.update(Content("multipart/form-data",
                         {{"type", "object"},
                          {"required", Json::array({"file"})},
                          {"properties", {{"file", file}, {"request_id", {{"type", "string"}}}}}}));
  content.update(Content("image/*", Json::object()));
  content.update(Content("application/octet-stream", Json::object()));
  return content;
}

Json ResultSchema(const models::ServedModel* model) {
  Json label = {{"type", "string"}};
  if (model != nullptr && model->predictor() != nullptr) {
    label["enum"] = model->predictor()->manifest().labels;
  }
  const Json probability = {{"type", "number"}, {"minimum", 0}, {"maximum", 1}};
  const Json probabilities = {{"type", "object"}, {"additionalProperties", probability}};
  return {{"type", "object"},
          {"required", {"label", "probabilities"}},
          {"properties", {{"label", std::move(label)}, {"probabilities", probabilities}}}};
}

Json AnswerSchema(const models::ServedModel* model) {
  const Json named = {
      {"type", "object"},
      {"properties", {{"name", {{"type", "string"}}}, {"version", {{"type", "integer"}}}}}};
  return {
      {"type", "object"},
      {"required", {"result", "request_id", "model"}},
      {"properties",
       {{"result", ResultSchema(model)}, {"request_id", {{"type", "string"}}}, {"model", named}}}};
}

Json FaultSchema() {
  Json row = {{"type", "object"}, {"required", {"type", "loc", "msg"}}};
  row["properties"] = {{"type", {{"type", "string"}}},
                       {"loc", {{"type", "array"}, {"items", {{"type", {"string", "integer"}}}}}},
                       {"msg", {{"type", "string"}}}};
  return {{"type", "object"},
          {"properties", {{"detail", {{"type", "array"}, {"items", std::move(row)}}}}}};
}

Json Reply(const char* description, Json schema) {
  return {{"description", description},
          {"content", Content("application/json", std::move(schema))}};
}

}  // namespace

Json DescribePredict(const models::ServedModel* model) {
  Json post = {{"requestBody", {{"required", true}, {"content", RequestContent()}}}};
  post["responses"] = {
      {"200", Reply("The answer.", AnswerSchema(model))},
      {"400", {{"description", "The body is no JSON text or no form at all."}}},
      {"413", {{"description", "The body is larger than the limit."}}},
      {"422", Reply("The input cannot be used; `detail` says where and why.", FaultSchema())},
      {"503", {{"description", "No model is loaded yet, or the queue is full: see Retry-After."}}}};
  return {{"/predict", {{"post", std::move(post)}}}};
}

}  // namespace keelrow::serve
