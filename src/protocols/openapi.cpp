#include "protocols/openapi.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "base/text.h"
#include "base/version.h"
#include "predictions/api_parts.h"
#include "predictions/examples.h"
#include "predictions/handlers.h"

namespace keelrow::protocols {
namespace {

/// "get_models_name" for GET /models/{name}: generators make it a function's name.
std::string OperationId(const http::Route& route) {
  std::string id = LowerCase(route.method);
  for (const char c : LowerCase(route.pattern)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) id += c;
    if (!plain && id.back() != '_') id += '_';
  }
  if (id.back() == '_') id.pop_back();
  return id;
}

Json Operation(const http::Route& route, const std::vector<predictions::LoadedVersion>& loaded) {
  Json operation = {{"operationId", OperationId(route)},
                    {"summary", route.summary},
                    {"responses", {{"200", {{"description", "Done."}}}}}};
  if (Json parameters = predictions::PathParameters(route.pattern, loaded); !parameters.empty()) {
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

constexpr int kModelsNamed = 100;  // of more, this is no place to look them up

/// "; …" where the model has no example that a description could hold.
std::string_view WhyNoExample(const models::ServedModel& model) {
  if (model.predictor() != nullptr || !predictions::ExampleTensors(model).is_null()) return "";
  return "; without examples: they would have too many numbers, or half floats";
}

/// "- `digits` 1, 2 (default): picture → one of 10 labels", a line a model.
std::string ModelsText(const std::vector<predictions::LoadedVersion>& loaded) {
  if (loaded.empty()) return "No model is loaded.";
  std::string text = "Loaded now:\n";
  int lines = 0;
  for (size_t begin = 0, end = 0; begin < loaded.size(); begin = end) {
    if (++lines > kModelsNamed) return text + "\n- and more";
    const std::string& name = loaded[begin].served->name();
    const models::ServedModel* shown = loaded[begin].served.get();
    std::string versions;
    for (end = begin; end < loaded.size() && loaded[end].served->name() == name; ++end) {
      versions += (end == begin ? "" : ", ") + loaded[end].served->version();
      if (!loaded[end].standard) continue;
      versions += " (default)";
      shown = loaded[end].served.get();
    }
    text += fmt::format("\n- `{}` {}: {}{}", name, versions, predictions::SignatureText(*shown),
                        WhyNoExample(*shown));
  }
  return text;
}

bool IsDescribed(const http::Route& route) {
  const auto protocol =
      std::ranges::find(Protocols(), route.protocol, &predictions::Protocol::name);
  return protocol == Protocols().end() || protocol->in_openapi;
}

}  // namespace

Json DescribeApi(const std::vector<http::Route>& routes,
                 const std::vector<predictions::LoadedVersion>& loaded) {
  Json paths = Json::object();
  for (const http::Route& route : routes) {
    if (!IsDescribed(route)) continue;
    paths[route.pattern][LowerCase(route.method)] = Operation(route, loaded);
  }
  for (const predictions::Protocol& protocol : Protocols()) {
    if (protocol.describe != nullptr) paths.merge_patch(protocol.describe(loaded));
  }
  Json info = {{"title", "Keelrow model service"},
               {"version", Version()},
               {"description", ModelsText(loaded)}};
  const Json token = {{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}};
  return {{"openapi", "3.1.0"},
          {"info", std::move(info)},
          {"paths", std::move(paths)},
          {"components",
           {{"securitySchemes", {{"token", token}}}, {"schemas", predictions::SchemasOf(loaded)}}}};
}

namespace {

/// Made when it is asked for and something else is loaded than the last time.
class Description {
 public:
  std::shared_ptr<const std::string> Text(const predictions::ServeContext& context) {
    const std::lock_guard lock(mutex_);
    const auto table = context.models->Table();
    const bool same = !table_.owner_before(table) && !table.owner_before(table_);
    if (text_ && same) return text_;
    text_ = std::make_shared<const std::string>(
        DescribeApi(context.routes, predictions::LoadedVersions(context)).dump());
    table_ = table;
    return text_;
  }

 private:
  std::mutex mutex_;
  // Weak: a description keeps no model in memory. Its address is not used again before it is gone.
  std::weak_ptr<const models::ModelTable> table_;
  std::shared_ptr<const std::string> text_;
};

std::vector<http::Route> Routes(predictions::ServeContext& context) {
  const auto answer = [&context, description = std::make_shared<Description>()](const auto&) {
    http::Response response{.status = 200, .body = *description->Text(context)};
    response.headers.Add("Content-Type", "application/json");
    return response;
  };
  http::Route route =
      predictions::DescribingGet(context, "/openapi.json", "This description.", answer);
  route.run_on = http::RunOn::kWorkers;
  return {std::move(route)};
}

}  // namespace

/// GET /openapi.json, made from the list of routes, what the protocols say of their own, and the
/// signatures of what is loaded.
predictions::Protocol OpenApiProtocol() {
  return {"openapi", "The description of all routes for client generators.", Routes};
}

}  // namespace keelrow::protocols
