#include <fmt/format.h>

#include <array>

#include "predictions/handlers.h"
#include "predictions/protocol.h"

namespace keelrow::protocols {
namespace {

constexpr size_t kBodyMax = size_t{4} << 20;  // read on the connection's thread: 10 ms

struct Operation {
  const char* pattern;
  const char* summary;
};
constexpr std::array kOperations = {
    Operation{"/v1/chat/completions", "A language model's answer; by an endpoint of serve.hybrid."},
    Operation{"/v1/completions", "A language model's text; by an endpoint of serve.hybrid."},
    Operation{"/v1/embeddings", "Vectors of texts; by an endpoint of serve.hybrid."}};

http::Response Refuse(const Error& error) {
  const int status = Info(error.code()).http_status;
  const bool ours = status >= 500;
  return http::Response::Json(
      {{"error",
        {{"message", error.message()},
         {"type", ours ? "server_error" : "invalid_request_error"},
         {"param", error.code() == Code::kNotFound ? Json("model") : Json()},
         {"code", error.code() == Code::kNotFound ? Json("model_not_found") : Json()}}}},
      status);
}

/// Empty where the body names none, or is not one that is read here.
std::optional<std::string> OpenAiModel(const http::Request& request) {
  if (request.body.size() > kBodyMax) return std::nullopt;
  const Expected<Json> body = ParseJson(request.body, "the body");
  if (!body || !body->is_object()) return std::nullopt;
  const auto model = body->find("model");
  if (model == body->end() || !model->is_string()) return std::nullopt;
  return model->get<std::string>();
}

/// Nobody took it on the way here.
http::Response NoSuchModel(const http::Request& request) {
  const std::optional<std::string> model = OpenAiModel(request);
  if (!model) throw Error(Code::kBadExample, "the body names no `model`");
  throw Error(Code::kNotFound, fmt::format("there is no language model `{}` here", *model));
}

void NameModel(http::Request& request) {
  request.params["model"] = OpenAiModel(request).value_or("");
}

std::vector<http::Route> Routes(predictions::ServeContext& context) {
  std::vector<http::Route> routes;
  if (!context.language_models) return routes;
  for (const Operation& operation : kOperations) {
    routes.push_back({.method = "POST",
                      .pattern = operation.pattern,
                      .handler = predictions::ShapedHandler(NoSuchModel, Refuse),
                      .scope = "predict",
                      .summary = operation.summary});
  }
  return routes;
}

}  // namespace

/// OpenAI's protocol, where an endpoint of `serve.hybrid` has language models: behind one
/// address with our own models, with our tokens, limits and budget.
predictions::Protocol OpenAiProtocol() {
  return {.name = "openai",
          .help = "OpenAI's protocol, for language models of public endpoints.",
          .routes = Routes,
          .name_model = NameModel};
}

}  // namespace keelrow::protocols
