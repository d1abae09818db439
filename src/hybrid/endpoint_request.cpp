#include "hybrid/endpoint_request.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "http/router.h"
#include "http/target.h"

namespace keelrow::hybrid {
namespace {

/// Lists of what may pass, not of what may not: a header that somebody invents stays here.
constexpr std::array kSent = {"Content-Type", "Accept", "Inference-Header-Content-Length"};
constexpr std::array kGivenBack = {"Content-Type", "Inference-Header-Content-Length",
                                   "Retry-After"};

template <size_t kCount>
http::Headers Only(const std::array<const char*, kCount>& names, const http::Headers& headers) {
  http::Headers kept;
  for (const char* name : names) {
    if (const auto value = headers.Find(name)) kept.Add(name, std::string(*value));
  }
  return kept;
}

// The protocols of routes, as their table (protocols/protocols.inc) calls them.
constexpr std::string_view kOpenInferenceRoutes = "open_inference";
constexpr std::string_view kOpenAiRoutes = "openai";
constexpr std::string_view kOpenAiPrefix = "/v1/";

/// The body with their name of the model; as it is where it cannot be read: theirs to refuse.
std::string OpenAiBody(const std::string& body, const std::string& model) {
  if (model.empty()) return body;
  Expected<Json> json = ParseJson(body, "the body");
  if (!json || !json->is_object()) return body;
  (*json)["model"] = model;
  return json->dump();
}

/// Labelling projects are set up with secrets in the body, gRPC's messages are framed, and a
/// version that is named is one of ours.
bool StaysHere(const http::Request& request) {
  if (request.params.contains("version")) return true;
  const std::string_view pattern = request.route->pattern;
  return pattern.ends_with("/setup") || pattern.ends_with("/webhook") ||
         request.route->protocol.find("grpc") != std::string::npos;
}

}  // namespace

bool CanBeSent(Protocol protocol, const http::Request& request) {
  if (request.route == nullptr || request.method != "POST" || StaysHere(request)) return false;
  const std::string_view spoken = request.route->protocol;
  switch (protocol) {
    case Protocol::kKeelrow:
    case Protocol::kSageMaker:
      return spoken != kOpenAiRoutes;
    case Protocol::kOpenInference:
      return spoken == kOpenInferenceRoutes;
    case Protocol::kOpenAi:
      return spoken == kOpenAiRoutes;
  }
  return false;
}

http::ClientRequest RequestTo(const EndpointOptions& endpoint, const http::Request& request,
                              std::string_view model) {
  const std::string theirs =
      http::PercentEncode(endpoint.model.empty() ? model : std::string_view(endpoint.model));
  std::string base = endpoint.url.target;
  while (base.ends_with('/')) base.pop_back();
  http::ClientRequest sent{
      .method = "POST", .headers = Only(kSent, request.headers), .body = request.body};
  switch (endpoint.protocol) {
    case Protocol::kKeelrow:
      sent.target = base + request.target;
      break;
    case Protocol::kOpenInference:
      sent.target = base + "/v2/models/" + theirs + "/infer";
      break;
    case Protocol::kSageMaker:
      sent.target = base + "/endpoints/" + theirs + "/invocations";
      break;
    case Protocol::kOpenAi:
      sent.target = base + request.target.substr(kOpenAiPrefix.size() - 1);
      sent.body = OpenAiBody(request.body, endpoint.model);
      break;
  }
  if (!request.id.empty()) sent.headers.Set("x-request-id", request.id);
  return sent;
}

http::Response AnswerOf(http::Response response, const std::string& endpoint) {
  response.headers = Only(kGivenBack, response.headers);
  response.headers.Set("x-keelrow-endpoint", endpoint);
  return response;
}

}  // namespace keelrow::hybrid
