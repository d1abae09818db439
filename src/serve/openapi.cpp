#include "serve/openapi.h"

#include <algorithm>

#include "base/text.h"
#include "base/version.h"
#include "serve/access_log.h"

namespace keelrow::serve {
namespace {

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return text;
}

/// "get_models_name" for GET /models/{name}: generators make it a function's name.
std::string OperationId(const http::Route& route) {
  std::string id = Lower(route.method);
  for (const char c : Lower(route.pattern)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) id += c;
    if (!plain && id.back() != '_') id += '_';
  }
  if (id.back() == '_') id.pop_back();
  return id;
}

Json Parameters(const http::Route& route) {
  Json parameters = Json::array();
  for (const std::string& segment : SplitText(route.pattern, '/')) {
    if (segment.size() < 3 || segment.front() != '{') continue;
    parameters.push_back({{"name", segment.substr(1, segment.size() - 2)},
                          {"in", "path"},
                          {"required", true},
                          {"schema", {{"type", "string"}}}});
  }
  return parameters;
}

Json Operation(const http::Route& route) {
  Json operation = {{"operationId", OperationId(route)},
                    {"summary", route.summary},
                    {"responses", {{"200", {{"description", "Done."}}}}}};
  if (Json parameters = Parameters(route); !parameters.empty()) {
    operation["parameters"] = std::move(parameters);
  }
  if (route.access == http::Access::kToken) {
    Json scopes = Json::array();
    if (!route.scope.empty()) {
      scopes.push_back(route.scope);
      operation["responses"]["403"] = {
          {"description", "The token does not have the scope `" + route.scope + "`."}};
    }
    operation["security"] = Json::array({Json{{"token", std::move(scopes)}}});
    operation["responses"]["401"] = {{"description", "No token, or not a valid one."}};
  }
  return operation;
}

}  // namespace

Json DescribeApi(const std::vector<http::Route>& routes, const models::ServedModel* model) {
  Json paths = Json::object();
  for (const http::Route& route : routes) {
    paths[route.pattern][Lower(route.method)] = Operation(route);
  }
  for (const Protocol& protocol : Protocols()) {
    if (protocol.describe != nullptr) paths.merge_patch(protocol.describe(model));
  }
  Json info = {{"title", "Keelrow model service"}, {"version", Version()}};
  if (model != nullptr) {
    info["description"] = model->name() + ", version " + model->version();
  }
  const Json token = {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}};
  return {{"openapi", "3.1.0"},
          {"info", std::move(info)},
          {"paths", std::move(paths)},
          {"components", {{"securitySchemes", {{"token", token}}}}}};
}

namespace {

std::vector<http::Route> Routes(ServeContext& context) {
  return {{.method = "GET",
           .pattern = "/openapi.json",
           .handler = http::Sync(
               [&context](const http::Request&) {
                 return http::Response::Json(DescribeApi(context.routes, context.Standard().get()));
               },
               LogFault),
           .access = http::Access::kOpen,
           .summary = "This description."}};
}

}  // namespace

/// GET /openapi.json, made from the list of routes and what the protocols say of their own.
Protocol OpenApiProtocol() {
  return {"openapi", "The description of all routes for client generators.", Routes};
}

}  // namespace keelrow::serve
