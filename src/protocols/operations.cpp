#include "predictions/handlers.h"
#include "predictions/protocol.h"
#include "predictions/rollouts.h"

namespace keelrow::protocols {
namespace {

http::Response Health(const http::Request&) {
  return http::Response::Json({{"live", true}});
}

http::Response NotReady(std::string_view reason) {
  http::Response response = http::Response::Json({{"ready", false}, {"reason", reason}}, 503);
  response.headers.Add("Retry-After", "1");
  return response;
}

http::Response Readiness(const predictions::ServeContext& context) {
  if (context.stopping) return NotReady("stopping");
  if (!context.Ready()) return NotReady("no model is loaded yet");
  Json answer = {{"ready", true}};
  if (const auto model = context.Standard()) {
    answer.update(
        {{"model", model->name()}, {"version", predictions::VersionJson(model->version())}});
  }
  return http::Response::Json(answer);
}

std::vector<signals::ModelGauges> GaugesOf(const models::ModelTable& table) {
  std::vector<signals::ModelGauges> gauges;
  for (const auto& [name, model] : table) {
    for (const models::Version& version : model.versions) {
      if (!version.served) continue;
      const models::LaneStats stats = version.served->Stats();
      std::map<int64_t, uint64_t> runs_by_rows;
      for (const auto& [rows, batch] : stats.batches) runs_by_rows[rows] = batch.runs;
      gauges.push_back({.model = name,
                        .version = version.origin.version,
                        .waiting = stats.waiting,
                        .runs = stats.Runs(),
                        .rows = stats.rows,
                        .dropped = stats.dropped,
                        .queued = stats.queued,
                        .ran = stats.ran,
                        .runs_by_rows = std::move(runs_by_rows)});
    }
  }
  return gauges;
}

signals::ServiceGauges AllGauges(const predictions::ServeContext& context) {
  signals::ServiceGauges gauges = context.Gauges();
  gauges.models = GaugesOf(*context.models->Table());
  return gauges;
}

std::vector<http::Route> Routes(predictions::ServeContext& context) {
  return {
      predictions::ProbeGet("/healthz", "Whether the process lives.", Health),
      predictions::ProbeGet("/readyz", "Whether predictions are answered; 503 while not.",
                            [&context](const http::Request&) { return Readiness(context); }),
      predictions::MetricsGet(context, [&context] { return AllGauges(context); }),
  };
}

}  // namespace

/// GET /healthz (the process lives), /readyz (a model is loaded and no stop was asked for; else
/// 503) and /metrics. Open, unless metrics are configured otherwise: probes carry no tokens.
predictions::Protocol OperationsProtocol() {
  return {"operations", "Probes and metrics for whoever runs the service.", Routes};
}

}  // namespace keelrow::protocols
