#include "serve/metrics.h"

#include <array>
#include <cmath>

#include "serve/exposition.h"
#include "serve/process_usage.h"
#include "serve/series.h"

namespace keelrow::serve {
namespace {

using Kind = Exposition::Kind;
using Rows = std::vector<Exposition::Row>;

// Seconds; from a small network on one core to the alerts at 0.2 and 0.5 s, which are exact at
// bounds only, and beyond.
constexpr std::array kLatencyBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                       0.2,    0.25,  0.5,    1.0,   2.5,  5.0,   10.0};

// Routes are a list of ours, versions what was loaded since the process began.
constexpr size_t kRoutesMax = 256;
constexpr size_t kVersionsMax = 1024;

constexpr double kCostUnit = 1e-6;  // that money is counted in

/// One version's predictions in one protocol.
struct Predictions {
  StatusTally by_status;
  Distribution seconds{kLatencyBounds};
};

void AddModels(const std::vector<ModelGauges>& models, Exposition& out) {
  const auto add = [&](Kind kind, const char* name, const char* help, auto value_of) {
    Rows rows;
    for (const ModelGauges& model : models) {
      rows.push_back({.labels = {{"model", model.model}, {"version", model.version}},
                      .value = static_cast<double>(value_of(model))});
    }
    out.Add(kind, name, help, std::move(rows));
  };
  add(Kind::kGauge, "model_loaded", "1 for versions that answer.", [](const auto&) { return 1; });
  add(Kind::kGauge, "model_queue_depth", "Jobs that wait for the network.",
      [](const ModelGauges& model) { return model.waiting; });
  add(Kind::kCounter, "model_inferences_total", "Runs of the network since it was loaded.",
      [](const ModelGauges& model) { return model.runs; });
  add(Kind::kCounter, "model_rows_total", "Rows in these runs.",
      [](const ModelGauges& model) { return model.rows; });
  add(Kind::kCounter, "model_dropped_total", "Jobs whose time was over before they ran.",
      [](const ModelGauges& model) { return model.dropped; });
}

void AddBackends(const std::vector<gateway::BackendView>& backends, Exposition& out) {
  const auto add = [&](const char* name, const char* help, auto value_of) {
    Rows rows;
    for (const gateway::BackendView& backend : backends) {
      rows.push_back(
          {.labels = {{"backend", backend.name}}, .value = static_cast<double>(value_of(backend))});
    }
    out.Add(Kind::kGauge, name, help, std::move(rows));
  };
  add("backend_breaker_state", "0 closed, 1 half open, 2 open.",
      [](const gateway::BackendView& backend) { return static_cast<int>(backend.breaker); });
  add("backend_up", "1 for a backend that its checks find well.",
      [](const gateway::BackendView& backend) { return backend.healthy ? 1 : 0; });
  add("backend_outstanding", "Requests under way to a backend.",
      [](const gateway::BackendView& backend) { return backend.outstanding; });
}

void AddProcess(Exposition& out) {
  const ProcessUsage usage = ReadProcessUsage();
  out.Gauge("process_resident_memory_bytes", "Resident memory.",
            static_cast<double>(usage.resident_bytes));
  out.Counter("process_cpu_seconds_total", "User and system time.", usage.cpu_seconds);
  out.Gauge("process_start_time_seconds", "When the process began, since 1970, UTC.",
            usage.started_seconds);
}

/// Of a table whose labels have these names.
template <class Table>
Rows RowsOf(const Table& table,
            const std::array<const char*, std::tuple_size_v<typename Table::Labels>>& names) {
  Rows rows;
  table.ForEach([&](const auto& values, const Tally& tally) {
    Exposition::Row& row = rows.emplace_back();
    row.value = static_cast<double>(tally.Get());
    for (size_t i = 0; i < names.size(); ++i) row.labels.emplace_back(names[i], values[i]);
  });
  return rows;
}

}  // namespace

struct Metrics::State {
  SeriesTable<StatusTally, 1> requests{kRoutesMax};       // by route
  SeriesTable<Predictions, 3> predictions{kVersionsMax};  // by model, protocol, version
  SeriesTable<Tally, 1> load_failures{kVersionsMax};      // by model
  SeriesTable<Tally, 1> limited{16};                      // by limit
  SeriesTable<Tally, 3> attempts{kRoutesMax};             // by backend, result, why
  SeriesTable<Tally, 3> hybrid{kRoutesMax};               // by endpoint, result, rule
  SeriesTable<Tally, 1> hybrid_cost{kRoutesMax};          // by endpoint, in millionths
  Tally shed;

  void AddPredictions(Exposition& out) const {
    Rows counted;
    std::vector<Exposition::HistogramRow> timed;
    predictions.ForEach([&](const auto& values, const Predictions& row) {
      const Exposition::Labels labels = {
          {"model", values[0]}, {"protocol", values[1]}, {"version", values[2]}};
      timed.push_back({.labels = labels, .values = row.seconds});
      row.by_status.ForEach([&](int status, uint64_t count) {
        Exposition::Row& one = counted.emplace_back();
        one.labels = {{"code", std::to_string(status)}};
        one.labels.insert(one.labels.end(), labels.begin(), labels.end());
        one.value = static_cast<double>(count);
      });
    });
    out.AddHistogram("prediction_latency_seconds",
                     "From the whole request to its answer, waiting included.", std::move(timed));
    out.Add(Kind::kCounter, "predictions_total", "Predictions by version and HTTP status.",
            std::move(counted));
  }

  void AddRequests(Exposition& out) const {
    Rows rows;
    requests.ForEach([&](const auto& values, const StatusTally& tally) {
      tally.ForEach([&](int status, uint64_t count) {
        rows.push_back({.labels = {{"code", std::to_string(status)}, {"route", values[0]}},
                        .value = static_cast<double>(count)});
      });
    });
    out.Add(Kind::kCounter, "http_requests_total", "Requests by route and status.",
            std::move(rows));
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::CountRequest(std::string_view route, int code) {
  state_->requests.Of({route.empty() ? "none" : route}).Add(code);
}

void Metrics::CountPrediction(const PredictionOutcome& outcome) {
  Predictions& row = state_->predictions.Of({outcome.model, outcome.protocol, outcome.version});
  row.by_status.Add(outcome.code);
  row.seconds.Add(std::chrono::duration<double>(outcome.duration).count());
}

void Metrics::CountLoadFailure(const std::string& model) {
  state_->load_failures.Of({model}).Add();
}

void Metrics::CountLimited(std::string_view limit) {
  state_->limited.Of({limit}).Add();
}

void Metrics::CountShed() {
  state_->shed.Add();
}

void Metrics::CountAttempt(const gateway::Attempted& attempt) {
  state_->attempts.Of({attempt.backend, attempt.result, attempt.why}).Add();
}

void Metrics::CountHybrid(const hybrid::Called& called) {
  state_->hybrid.Of({called.endpoint, called.result, called.rule}).Add();
  state_->hybrid_cost.Of({called.endpoint})
      .Add(static_cast<uint64_t>(std::llround(called.cost / kCostUnit)));
}

std::string Metrics::Text(const ServiceGauges& gauges) const {
  const State& state = *state_;
  Exposition out;
  state.AddRequests(out);
  state.AddPredictions(out);
  out.Add(Kind::kCounter, "requests_limited_total", "Requests over a rate limit, by which one.",
          RowsOf(state.limited, {"limit"}));
  out.Counter("requests_shed_total", "Requests refused because too many were being answered.",
              static_cast<double>(state.shed.Get()));
  out.Gauge("concurrency_limit", "Requests that may be inside at once now.",
            static_cast<double>(gauges.concurrency_limit));
  out.Gauge("queue_depth", "Requests that wait for a worker.", static_cast<double>(gauges.queued));
  out.Gauge("http_connections", "Open connections.", static_cast<double>(gauges.connections));
  AddModels(gauges.models, out);
  out.Add(Kind::kCounter, "model_load_failures_total",
          "Promoted versions that could not be loaded.", RowsOf(state.load_failures, {"model"}));
  out.Add(Kind::kCounter, "backend_attempts_total",
          "Requests to backends, by why they were made and what came of it.",
          RowsOf(state.attempts, {"backend", "result", "why"}));
  AddBackends(gauges.backends, out);
  out.Add(Kind::kCounter, "hybrid_requests_total",
          "Requests that a rule sends to a public endpoint, by what came of it.",
          RowsOf(state.hybrid, {"endpoint", "result", "rule"}));
  Rows costs = RowsOf(state.hybrid_cost, {"endpoint"});
  for (Exposition::Row& row : costs) row.value *= kCostUnit;
  out.Add(Kind::kCounter, "hybrid_cost_total", "What they cost.", std::move(costs));
  AddProcess(out);
  return out.Text();
}

}  // namespace keelrow::serve
