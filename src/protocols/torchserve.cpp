#include "protocols/torchserve.h"

#include <algorithm>
#include <numeric>

#include "http/form.h"
#include "predictions/api_parts.h"
#include "predictions/examples.h"
#include "predictions/protocol.h"
#include "predictions/tensor_json.h"
#include "protocols/instances.h"

namespace keelrow::protocols {
namespace {

using models::ServedModel;

constexpr size_t kBestShown = 5;

/// The parts of a form that carry data: `data`, `body` and whatever is a file.
std::vector<std::string> DataOf(const http::Request& request) {
  const auto parts =
      http::ParseMultipart(request.headers.Find("Content-Type").value_or(""), request.body);
  if (!parts) throw Error(Code::kBadExample, parts.error().message());
  std::vector<std::string> data;
  for (const http::Part& part : *parts) {
    if (part.name == "data" || part.name == "body" || !part.filename.empty()) {
      data.emplace_back(part.data);
    }
  }
  if (data.empty()) throw Error(Code::kBadExample, "the form has no part `data`");
  return data;
}

/// Of JSON: {"instances": […]}, {"data": …}, or the one example itself.
predictions::Question ReadJson(const ServedModel& model, const std::string& body, bool& list) {
  const Expected<Json> json = ParseJson(body, "the body");
  if (!json && model.predictor() == nullptr) {
    throw Error(Code::kBadExample,
                "a bare network takes numbers as JSON, not files: " + json.error().message());
  }
  if (!json) throw Error(Code::kBadExample, "the body is no JSON: " + json.error().message());
  list = json->is_object() && json->contains("instances");
  if (list) return QuestionOfInstances(model, json->at("instances"));
  return QuestionOfInstances(model, Json::array({*json}));
}

/// The best labels and their probabilities, as TorchServe's image_classifier answers.
Json Best(const std::vector<float>& scores, const std::vector<std::string>& labels) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater<>(), [&](size_t i) { return scores[i]; });
  Json best = Json::object();
  for (size_t i = 0; i < std::min(order.size(), kBestShown); ++i) {
    best[labels[order[i]]] = scores[order[i]];
  }
  return best;
}

Json RowsOf(const predictions::Answer& answer) {
  const engine::Predictor* predictor = answer.model.predictor();
  if (predictor == nullptr) return PredictionsOf(answer);
  Json rows = Json::array();
  for (const auto& scores : answer.scores) {
    rows.push_back(Best(scores, predictor->manifest().labels));
  }
  return rows;
}

std::variant<predictions::Question, http::Response> Read(const predictions::ServeContext& context,
                                                         const ServedModel& model,
                                                         const http::Request& request) {
  bool list = false;
  predictions::Question question;
  const std::string type = request.ContentType();
  if (type == "multipart/form-data") {
    std::vector<std::string> data = DataOf(request);
    list = data.size() > 1;
    for (std::string& file : data) {
      predictions::Question one = QuestionOfFile(model, std::move(file));
      question.examples.push_back(std::move(one.examples[0]));
    }
  } else if (type == "application/json" || model.predictor() == nullptr) {
    question = ReadJson(model, request.body, list);
  } else {
    question = QuestionOfFile(model, request.body);
  }
  question.render = [list](const predictions::Answer& answer) {
    Json rows = RowsOf(answer);
    return http::Response::Json(list || rows.empty() ? rows : rows[0]);
  };
  return question;
}

http::Response Ping(const predictions::ServeContext& context) {
  const bool healthy = !context.stopping && context.Ready();
  return http::Response::Json({{"status", healthy ? "Healthy" : "Unhealthy"}}, healthy ? 200 : 500);
}

std::vector<http::Route> Routes(predictions::ServeContext& context) {
  const http::Handler predict = predictions::PredictionHandler(
      context, {.model = predictions::ModelInPath, .read = Read, .refuse = TorchServeError});
  std::vector<http::Route> routes = {
      {.method = "GET",
       .pattern = "/ping",
       .handler = TorchServeHandler([&context](const auto&) { return Ping(context); }),
       .access = http::Access::kOpen,
       .summary = "Whether predictions are answered.",
       .probe = true}};
  for (const char* method : {"POST", "PUT"}) {  // `curl -T` sends PUT
    for (const char* pattern : {"/predictions/{model}", "/predictions/{model}/{version}"}) {
      routes.push_back({.method = method,
                        .pattern = pattern,
                        .handler = predict,
                        .scope = "predict",
                        .summary = "The model's answer to a file, a form or JSON."});
    }
  }
  return routes;
}

Json Example(const ServedModel& model) {
  Json instances = predictions::ExampleInstances(model);
  return instances.is_null() ? Json(nullptr) : Json{{"instances", std::move(instances)}};
}

Json Describe(const std::vector<predictions::LoadedVersion>& loaded) {
  Json paths = Json::object();
  for (const char* pattern : {"/predictions/{model}", "/predictions/{model}/{version}"}) {
    const Json instances = {{"type", "array"}, {"items", predictions::InstanceOf(pattern, loaded)}};
    const Json request = {{"type", "object"}, {"properties", {{"instances", instances}}}};
    Json operation =
        predictions::RequestOf(pattern,
                               {{.type = "application/json", .schema = request, .example = Example},
                                {.type = "multipart/form-data"},
                                {.type = "application/octet-stream"}},
                               loaded);
    operation["responses"]["200"] = predictions::ReplyOf(
        "Of a file {label: probability} of the best; of `instances` a list.", Json::object());
    paths[pattern] = {{"post", operation}, {"put", operation}};
  }
  return paths;
}

struct Kind {
  Code code;
  int status;
  std::string_view type;
};
constexpr Kind kKinds[] = {
    {Code::kNotFound, 404, "ModelNotFoundException"},
    {Code::kOverloaded, 503, "ServiceUnavailableException"},
    {Code::kTimeout, 503, "ServiceUnavailableException"},
    {Code::kConflict, 409, "ConflictStatusException"},
    {Code::kTooLarge, 413, "RequestEntityTooLargeException"},
    {Code::kForbidden, 403, "InvalidModelVersionException"},
};

}  // namespace

http::Response TorchServeError(int status, std::string_view type, std::string_view message) {
  return http::Response::Json({{"code", status}, {"type", type}, {"message", message}}, status);
}

http::Response TorchServeError(const Error& error) {
  const auto* kind = std::ranges::find(kKinds, error.code(), &Kind::code);
  if (kind == std::end(kKinds) && predictions::IsOfInput(error.code())) {
    return TorchServeError(400, "BadRequestException", error.message());
  }
  if (kind == std::end(kKinds)) {
    return TorchServeError(500, "InternalServerException", "internal error");
  }
  return TorchServeError(kind->status, kind->type, error.message());
}

http::Handler TorchServeHandler(predictions::Answerer function) {
  return predictions::ShapedHandler(std::move(function), TorchServeError);
}

/// TorchServe's inference API: /ping and /predictions/{model}[/{version}] with a raw file, a form
/// with parts `data`, or JSON; answers as its image_classifier does, {label: probability} of the
/// five best. Errors {"code", "type", "message"}.
predictions::Protocol TorchServeProtocol() {
  return {"torchserve", "TorchServe's inference API.", Routes, Describe};
}

}  // namespace keelrow::protocols
