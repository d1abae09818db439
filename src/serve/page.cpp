#include "serve/access_log.h"
#include "serve/numbers.h"
#include "serve/protocols.h"
#include "serve/web_page.h"

namespace keelrow::serve {
namespace {

/// What goes in: as the bundle's preprocessing takes it, or the tensors of a bare network.
Json DescribeInput(const models::ServedModel& model) {
  const bundle::TensorSpec& input = model.session().Inputs().at(0);
  const NumberForm* form =
      model.predictor() == nullptr ? nullptr : FindNumberForm(model.predictor()->DecodedKind());
  return {{"kind", form == nullptr ? "tensor" : form->name}, {"shape", input.shape}};
}

Json DescribeModel(const models::ServedModel& model, bool auth) {
  Json json = {{"name", model.name()},
               {"version", VersionJson(model.version())},
               {"auth", auth},
               {"input", DescribeInput(model)}};
  const engine::Predictor* predictor = model.predictor();
  if (predictor == nullptr) return json;
  const bundle::Manifest& manifest = predictor->manifest();
  json.update({{"task", manifest.task},
               {"labels", manifest.labels},
               {"preprocess", manifest.preprocess},
               {"bundle", predictor->bundle_hash()}});
  return json;
}

http::Response ModelAnswer(const ServeContext& context) {
  const auto model = context.Standard();
  if (!model) throw Error(Code::kOverloaded, "no model is loaded yet");
  return http::Response::Json(DescribeModel(*model, context.auth));
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

std::vector<http::Route> Routes(ServeContext& context) {
  return {{.method = "GET",
           .pattern = "/",
           .handler = http::Sync(Page, LogFault),
           .access = http::Access::kOpen,
           .summary = "A page to try the model out."},
          {.method = "GET",
           .pattern = "/api/model",
           .handler = http::Sync([&context](const http::Request&) { return ModelAnswer(context); },
                                 LogFault),
           .access = http::Access::kOpen,
           .summary = "The model that answers now."}};
}

}  // namespace

/// GET /, the page where an input is tried out (for a browser; {"status": "alive"} for KServe's),
/// and GET /api/model, what it shows of the model.
Protocol PageProtocol() {
  return {"page", "The page where a picture is dropped and answered.", Routes};
}

}  // namespace keelrow::serve
