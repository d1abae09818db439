#include "open_inference/infer.h"
#include "predictions/datatype.h"
#include "predictions/handlers.h"
#include "predictions/prediction.h"
#include "protocols/protocols.h"
#include "protocols/web_page.h"

namespace keelrow::protocols {
namespace {

constexpr size_t kVersionsMax = 500;  // that a person can choose among

Json TensorsJson(const std::vector<bundle::TensorSpec>& specs) {
  Json list = Json::array();
  for (const bundle::TensorSpec& spec : specs) {
    list.push_back({{"name", spec.name},
                    {"datatype", predictions::Datatype(spec.dtype)},
                    {"shape", spec.shape}});
  }
  return list;
}

/// What goes in: as the bundle's preprocessing takes it, or the tensors of a bare network.
Json DescribeInput(const models::ServedModel& model) {
  const std::vector<bundle::TensorSpec>& inputs = model.session().Inputs();
  return {{"kind", predictions::InputKind(model)},
          {"shape", inputs.at(0).shape},
          {"tensors", TensorsJson(inputs)}};
}

Json DescribeModel(const models::ServedModel& model) {
  return {{"name", model.name()},
          {"version", predictions::VersionJson(model.version())},
          {"input", DescribeInput(model)},
          {"outputs", TensorsJson(model.session().Outputs())}};
}

http::Response ModelAnswer(const predictions::ServeContext& context) {
  const auto model = context.Standard();
  if (!model) {
    throw predictions::NotServed(context, {.model = context.DefaultModel(), .version = ""});
  }
  Json json = DescribeModel(*model);
  json["auth"] = context.auth;
  if (const engine::Predictor* predictor = model->predictor()) {
    const bundle::Manifest& manifest = predictor->manifest();
    json.update({{"task", manifest.task},
                 {"labels", manifest.labels},
                 {"preprocess", manifest.preprocess},
                 {"bundle", predictor->bundle_hash()}});
  }
  return http::Response::Json(json);
}

/// Of labels their number: there may be thousands, of hundreds of models.
http::Response ModelsAnswer(const predictions::ServeContext& context) {
  Json rows = Json::array();
  for (const predictions::LoadedVersion& version : predictions::LoadedVersions(context)) {
    if (rows.size() == kVersionsMax) break;
    Json row = DescribeModel(*version.served);
    row["default"] = version.standard;
    row["unnamed"] = version.unnamed;
    if (const engine::Predictor* predictor = version.served->predictor()) {
      row["task"] = predictor->manifest().task;
      row["classes"] = predictor->manifest().labels.size();
    }
    rows.push_back(std::move(row));
  }
  return http::Response::Json({{"auth", context.auth}, {"models", std::move(rows)}});
}

/// KServe's clients take the root for a probe and read JSON there; browsers say that they want
/// HTML.
bool WantsPage(const http::Request& request) {
  const auto accept = request.headers.Find("Accept");
  return !accept || accept->find("text/html") != std::string_view::npos;
}

/// The page with the policy that lets exactly its own script and style run.
http::Response Page(const http::Request& request) {
  if (!WantsPage(request)) return http::Response::Json({{"status", "alive"}});
  http::Response response = http::Response::Html(std::string(PredictPage()));
  response.headers.Add("Content-Security-Policy", std::string(PredictPageSecurityPolicy()));
  response.headers.Add("X-Content-Type-Options", "nosniff");
  response.headers.Add("Referrer-Policy", "no-referrer");
  response.headers.Add("Cache-Control", "no-cache");
  return response;
}

std::vector<http::Route> Routes(predictions::ServeContext& context) {
  return {
      predictions::OpenGet("/", "A page to try the models out.", Page),
      predictions::DescribingGet(context, "/api/model", "The model that answers now.",
                                 [&context](const http::Request&) { return ModelAnswer(context); }),
      predictions::DescribingGet(
          context, "/api/models", "What is loaded, and what it takes: for the page.",
          [&context](const http::Request&) { return ModelsAnswer(context); })};
}

}  // namespace

/// GET /, the page where models are tried out (for a browser; {"status": "alive"} for KServe's
/// clients), and GET /api/models, what it shows of them; /api/model is the one that answers where
/// none is named.
predictions::Protocol PageProtocol() {
  return {"page", "The page where a question is put and answered.", Routes};
}

}  // namespace keelrow::protocols
