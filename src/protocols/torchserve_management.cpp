#include <fmt/format.h>

#include <charconv>

#include "predictions/api_parts.h"
#include "predictions/protocol.h"
#include "protocols/torchserve.h"

namespace keelrow::protocols {
namespace {

using models::Version;

constexpr int kLimit = 100;  // models a page, if nothing else is asked for

int NumberOf(const http::Request& request, const char* name, int otherwise) {
  const auto text = request.Query(name);
  if (!text) return otherwise;
  int number = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (failure == std::errc() && end == text->data() + text->size() && number >= 0) return number;
  throw Error(Code::kBadExample, fmt::format("`{}` is no number", name));
}

const models::Model& Require(const models::ModelTable& table, const predictions::ModelName& name) {
  const auto found = table.find(name.model);
  if (found != table.end()) return found->second;
  throw Error(Code::kNotFound, fmt::format("Model not found: {}", name.model));
}

http::Response List(predictions::ServeContext& context, const http::Request& request) {
  const auto table = context.models->Table();
  const int limit = NumberOf(request, "limit", kLimit);
  const int begin = NumberOf(request, "next_page_token", 0);
  Json rows = Json::array();
  int number = 0;
  Json answer = Json::object();
  for (const auto& [name, model] : *table) {
    if (number++ < begin) continue;
    if (static_cast<int>(rows.size()) == limit) {
      answer["nextPageToken"] = std::to_string(number - 1);
      break;
    }
    rows.push_back({{"modelName", name}, {"modelUrl", name}});
  }
  answer["models"] = std::move(rows);
  return http::Response::Json(answer);
}

Json DescribeVersion(const std::string& name, const Version& version) {
  Json row = {{"modelName", name},    {"modelVersion", version.origin.version},
              {"modelUrl", name},     {"engine", "OpenVINO"},
              {"runtime", "keelrow"}, {"loadedAtStartup", true}};
  Json workers = Json::array();
  models::LaneStats stats;
  if (version.served) {
    stats = version.served->Stats();
    workers.push_back({{"id", "9000"}, {"status", "READY"}, {"gpu", false}});
  }
  row["minWorkers"] = row["maxWorkers"] = workers.size();
  row["workers"] = std::move(workers);
  row["jobQueueStatus"] = {{"pendingRequests", stats.waiting}};
  return row;
}

http::Response Describe(predictions::ServeContext& context, const http::Request& request) {
  const predictions::ModelName name = predictions::ModelInPath(context, request);
  const auto table = context.models->Table();
  const models::Model& model = Require(*table, name);
  Json rows = Json::array();
  if (name.version == "all") {
    for (const Version& version : model.versions) {
      rows.push_back(DescribeVersion(name.model, version));
    }
    return http::Response::Json(rows);
  }
  const Version* version = model.Find(name.version);
  if (version == nullptr) {
    return TorchServeError(
        404, "ModelVersionNotFoundException",
        fmt::format("Model version: {} does not exist for model: {}", name.version, name.model));
  }
  rows.push_back(DescribeVersion(name.model, *version));
  return http::Response::Json(rows);
}

/// Workers are threads that all models share: none means unloaded, any number loaded.
http::Response Scale(predictions::ServeContext& context, const http::Request& request) {
  const predictions::ModelName name = predictions::ModelInPath(context, request);
  const int least = NumberOf(request, "min_worker", 1);
  const int most = NumberOf(request, "max_worker", least);
  if (most < least) {
    throw Error(Code::kBadExample, "max_worker cannot be less than min_worker.");
  }
  Require(*context.models->Table(), name);
  if (most == 0) {
    context.models->Unload(name.model, name.version, request.deadline);
  } else {
    context.models->LoadVersion(name.model, name.version, request.deadline);
  }
  const std::string version =
      name.version.empty() ? "" : fmt::format(", version: {}", name.version);
  return http::Response::Json({{"status", fmt::format("Workers scaled to {} for model: {}{}", least,
                                                      name.model, version)}});
}

/// What shall be registered; empty where that is not said.
std::string UrlIn(const http::Request& request) {
  if (const auto url = request.Query("url").value_or(""); !url.empty()) return std::string(url);
  if (request.body.empty()) return "";
  const Expected<Json> body = ParseJson(request.body, "the body");
  if (!body || !body->is_object()) return "";
  const auto url = body->find("url");
  return url != body->end() && url->is_string() ? url->get<std::string>() : "";
}

/// Only what lies in the repository already: a URL would let a caller name files and hosts.
http::Response Register(predictions::ServeContext& context, const http::Request& request) {
  const std::string url = UrlIn(request);
  if (!models::IsModelName(url)) {
    throw Error(Code::kBadExample,
                "`url` must name a model of the repository; files and URLs are not taken");
  }
  Require(*context.models->Table(), {.model = url, .version = ""});
  context.models->LoadVersion(url, "", request.deadline);
  const auto model = context.models->Find(url);
  return http::Response::Json(
      {{"status", fmt::format("Model \"{}\" Version: {} registered with 1 initial workers", url,
                              model ? model->version() : "")}});
}

http::Response Unregister(predictions::ServeContext& context, const http::Request& request) {
  const predictions::ModelName name = predictions::ModelInPath(context, request);
  Require(*context.models->Table(), name);
  context.models->Unload(name.model, name.version, request.deadline);
  return http::Response::Json({{"status", fmt::format("Model \"{}\" unregistered", name.model)}});
}

http::Response SetDefault(predictions::ServeContext& context, const http::Request& request) {
  const predictions::ModelName name = predictions::ModelInPath(context, request);
  Require(*context.models->Table(), name);
  const std::string actor = request.identity ? request.identity->subject : "the service";
  context.models->SetDefault(name.model, name.version, actor, request.deadline);
  return http::Response::Json(
      {{"status", fmt::format("Default version successfully updated for model \"{}\" to \"{}\"",
                              name.model, name.version)}});
}

constexpr predictions::ManagingRow kRows[] = {
    {"GET", "/models", "The models' names, by pages.", List},
    {"POST", "/models", "Loads a model of the repository.", Register},
    {"GET", "/models/{model}", "The default version's state.", Describe},
    {"GET", "/models/{model}/{version}", "A version's state; `all`: every version's.", Describe},
    {"PUT", "/models/{model}", "Loads the model, or unloads it with no workers.", Scale},
    {"PUT", "/models/{model}/{version}", "The same of a version.", Scale},
    {"DELETE", "/models/{model}", "Gives up a model's memory.", Unregister},
    {"DELETE", "/models/{model}/{version}", "The same of a version.", Unregister},
    {"PUT", "/models/{model}/{version}/set-default", "Makes the version the default.", SetDefault},
};

std::vector<http::Route> Routes(predictions::ServeContext& context) {
  if (context.mounted) return {};  // /models is SageMaker's then
  return predictions::ManagingRoutes(context, kRows, TorchServeError);
}

Json QueryParameter(const char* name, const char* type, const char* help) {
  return {{"name", name}, {"in", "query"}, {"description", help}, {"schema", {{"type", type}}}};
}

Json Describe(const std::vector<predictions::LoadedVersion>& loaded) {
  Json paths = Json::object();
  paths["/models"]["get"]["parameters"] = {
      QueryParameter("limit", "integer", "Models a page."),
      QueryParameter("next_page_token", "string", "`nextPageToken` of the page before.")};
  Json url = QueryParameter("url", "string", "The name of a model in the repository.");
  for (const predictions::LoadedVersion& version : predictions::Asked("/{model}", loaded)) {
    const std::string& name = version.served->name();
    url["examples"][name] = {{"value", name}};
  }
  paths["/models"]["post"]["parameters"] = Json::array({std::move(url)});
  for (const char* pattern : {"/models/{model}", "/models/{model}/{version}"}) {
    Json parameters = predictions::PathParameters(pattern, loaded);
    parameters.push_back(
        QueryParameter("min_worker", "integer", "Any number: the model is loaded."));
    parameters.push_back(QueryParameter("max_worker", "integer", "0: the model is unloaded."));
    paths[pattern]["put"]["parameters"] = std::move(parameters);
  }
  return paths;
}

void NameModel(http::Request& request) {
  if (request.route->pattern == "/models") request.params["model"] = UrlIn(request);
}

}  // namespace

/// TorchServe's management API, for tokens with the scope `manage`. A worker is not a process here:
/// scaling to none unloads, to any number loads.
predictions::Protocol TorchServeManagementProtocol() {
  return {.name = "torchserve_management",
          .help = "TorchServe's management API.",
          .routes = Routes,
          .describe = Describe,
          .name_model = NameModel};
}

}  // namespace keelrow::protocols
