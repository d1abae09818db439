#include "open_inference/open_inference.h"
#include "predictions/api_parts.h"
#include "predictions/protocol.h"

// Triton's extensions of the Open Inference Protocol: the model repository and statistics.
namespace keelrow::open_inference {
namespace {

using models::Version;

/// The body as an object; an empty one is an empty object.
Json ReadObject(const http::Request& request) {
  if (request.body.empty()) return Json::object();
  Expected<Json> json = ParseJson(request.body, "the body");
  if (!json || !json->is_object()) throw Error(Code::kBadExample, "the body is no JSON object");
  return *std::move(json);
}

const char* StateOf(const Version& version) {
  return version.served ? "READY" : "UNAVAILABLE";
}

http::Response Index(const predictions::ServeContext& context, const http::Request& request) {
  const Json body = ReadObject(request);
  const auto wanted = body.find("ready");
  const bool ready_only = wanted != body.end() && *wanted == true;
  Json rows = Json::array();
  for (const auto& [name, model] : *context.models->Table()) {
    for (const Version& version : model.versions) {
      if (ready_only && !version.served) continue;
      rows.push_back({{"name", name},
                      {"version", version.origin.version},
                      {"state", StateOf(version)},
                      {"reason", version.served ? "" : version.reason}});
    }
  }
  return http::Response::Json(rows);
}

/// What a client may send beside the name would load files that it brings itself: not taken.
void RefuseOverrides(const Json& body) {
  const auto parameters = body.find("parameters");
  if (parameters == body.end() || parameters->is_null()) return;
  for (const auto& [name, value] : parameters->items()) {
    if (name == "unload_dependents") continue;
    throw Error(Code::kUnsupported, "a model is loaded as it lies in the repository: `" + name +
                                        "` is not taken from a request");
  }
}

http::Response Load(predictions::ServeContext& context, const http::Request& request) {
  RefuseOverrides(ReadObject(request));
  const predictions::ModelName name = predictions::ModelInPath(context, request);
  context.models->LoadVersion(name.model, name.version, request.deadline);
  return http::Response::Json(Json::object());
}

http::Response Unload(predictions::ServeContext& context, const http::Request& request) {
  RefuseOverrides(ReadObject(request));
  const predictions::ModelName name = predictions::ModelInPath(context, request);
  context.models->Unload(name.model, name.version, request.deadline);
  return http::Response::Json(Json::object());
}

Json Duration(uint64_t count, std::chrono::nanoseconds time) {
  return {{"count", count}, {"ns", time.count()}};
}

Json StatisticsOf(const predictions::ServeContext& context, const Version& version) {
  const models::LaneStats stats = version.served->Stats();
  const auto cached = context.cache
                          ? context.cache->Of(version.origin.model, version.origin.version)
                          : predictions::AnswerCache::Lookups{};
  const auto zero = std::chrono::nanoseconds(0);
  const uint64_t runs = stats.Runs();
  Json batches = Json::array();
  for (const auto& [rows, batch] : stats.batches) {
    batches.push_back({{"batch_size", rows},
                       {"compute_input", Duration(batch.runs, zero)},
                       {"compute_infer", Duration(batch.runs, batch.time)},
                       {"compute_output", Duration(batch.runs, zero)}});
  }
  const auto last =
      std::chrono::duration_cast<std::chrono::milliseconds>(stats.last.time_since_epoch());
  return {{"name", version.origin.model},
          {"version", version.origin.version},
          {"last_inference", last.count()},
          {"inference_count", stats.rows},
          {"execution_count", runs},
          {"inference_stats",
           {{"success", Duration(stats.succeeded, stats.queued + stats.ran)},
            {"fail", Duration(stats.failed + stats.dropped, zero)},
            {"queue", Duration(stats.succeeded + stats.failed, stats.queued)},
            {"compute_input", Duration(runs, zero)},
            {"compute_infer", Duration(runs, stats.ran)},
            {"compute_output", Duration(runs, zero)},
            {"cache_hit", Duration(cached.hits, cached.hit_time)},
            {"cache_miss", Duration(cached.misses, cached.miss_time)}}},
          {"batch_stats", std::move(batches)}};
}

http::Response Statistics(const predictions::ServeContext& context, const http::Request& request) {
  const auto table = context.models->Table();
  Json rows = Json::array();
  const auto add = [&](const Version& version) {
    if (version.served) rows.push_back(StatisticsOf(context, version));
  };
  if (request.params.contains("model")) {
    const predictions::ModelName asked = predictions::ModelInPath(context, request);
    const auto model = table->find(asked.model);
    if (model == table->end()) throw predictions::NotServed(context, asked);
    if (asked.version.empty()) {
      std::ranges::for_each(model->second.versions, add);
    } else {
      const Version* version = model->second.Find(asked.version);
      if (version == nullptr) throw predictions::NotServed(context, asked);
      add(*version);
    }
  } else {
    for (const auto& [name, model] : *table) std::ranges::for_each(model.versions, add);
  }
  return http::Response::Json({{"model_stats", std::move(rows)}});
}

http::Route Managed(std::string pattern, std::string summary,
                    std::function<http::Response(const http::Request&)> function) {
  return {.method = "POST",
          .pattern = std::move(pattern),
          .handler = OpenInferenceHandler(std::move(function)),
          .run_on = http::RunOn::kWorkers,
          .scope = "manage",
          .summary = std::move(summary)};
}

http::Route StatisticsRoute(predictions::ServeContext& context, std::string pattern) {
  return {
      .method = "GET",
      .pattern = std::move(pattern),
      .handler = OpenInferenceHandler([&context](const auto& r) { return Statistics(context, r); }),
      .scope = "predict",
      .summary = "How often, and how long, the network has run."};
}

std::vector<http::Route> Routes(predictions::ServeContext& context) {
  return {Managed("/v2/repository/index", "Every model and version, and its state.",
                  [&context](const auto& r) { return Index(context, r); }),
          Managed("/v2/repository/models/{model}/load", "Loads a version.",
                  [&context](const auto& r) { return Load(context, r); }),
          Managed("/v2/repository/models/{model}/unload", "Gives up a model's memory.",
                  [&context](const auto& r) { return Unload(context, r); }),
          StatisticsRoute(context, "/v2/models/stats"),
          StatisticsRoute(context, "/v2/models/{model}/stats"),
          StatisticsRoute(context, "/v2/models/{model}/versions/{version}/stats")};
}

Json Nothing(const models::ServedModel&) {
  return Json::object();
}

Json Describe(const std::vector<predictions::LoadedVersion>& loaded) {
  Json paths = Json::object();
  for (const char* pattern :
       {"/v2/repository/models/{model}/load", "/v2/repository/models/{model}/unload"}) {
    paths[pattern]["post"] =
        predictions::RequestOf(pattern, {{.type = "application/json", .example = Nothing}}, loaded);
    paths[pattern]["post"]["requestBody"]["required"] = false;
  }
  const Json schema = {{"type", "object"}, {"properties", {{"ready", {{"type", "boolean"}}}}}};
  const Json media = {{"schema", schema},
                      {"examples", {{"what is loaded", {{"value", {{"ready", true}}}}}}}};
  paths["/v2/repository/index"]["post"]["requestBody"]["content"] = {{"application/json", media}};
  return paths;
}

}  // namespace

/// POST /v2/repository/index, …/models/{model}/load and …/unload, with the scope `manage`;
/// statistics at GET /v2/models[/{model}]/stats.
predictions::Protocol ModelRepositoryProtocol() {
  return {"model_repository", "Loading, unloading and statistics, as Triton has them.", Routes,
          Describe};
}

}  // namespace keelrow::open_inference
