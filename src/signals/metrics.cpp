#include "signals/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>

#include "signals/exposition.h"
#include "signals/series.h"
#include "signals/system_metrics.h"
#include "signals/torchserve_metrics.h"

namespace keelrow::signals {
namespace {

using Kind = Exposition::Kind;
using Rows = std::vector<Exposition::Row>;

// Seconds; from a small network on one core to the alerts at 0.2 and 0.5 s, which are exact at
// bounds only, and beyond.
constexpr std::array kLatencyBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                       0.2,    0.25,  0.5,    1.0,   2.5,  5.0,   10.0};

constexpr std::array kConfidenceBounds = {0.1, 0.2, 0.3, 0.4,  0.5,  0.6,
                                          0.7, 0.8, 0.9, 0.95, 0.99, 1.0};
constexpr std::array kRowBounds = {1.0,  2.0,   4.0,   8.0,   16.0,  32.0,
                                   64.0, 128.0, 256.0, 512.0, 1024.0};

// Routes are a list of ours, versions what was loaded since the process began.
constexpr double kMicrosecondsASecond = 1e6;
constexpr size_t kRoutesMax = 256;
constexpr size_t kVersionsMax = 1024;
constexpr size_t kLabelsMax = 100;  // of one version

constexpr double kCostUnit = 1e-6;  // that money is counted in

/// One version's predictions in one protocol.
struct Predictions {
  StatusTally by_status;
  Distribution seconds{kLatencyBounds};
};

struct Requests {
  StatusTally by_status;
  Distribution seconds{kLatencyBounds};
};

/// What one version answers.
struct Answers {
  SeriesTable<Tally, 1> by_label{kLabelsMax};
  Distribution confidence{kConfidenceBounds};
};

double Seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

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
  add(Kind::kCounter, "model_dropped_total",
      "Jobs that did not run: their time was over, or their client gone.",
      [](const ModelGauges& model) { return model.dropped; });
  add(Kind::kCounter, "model_queue_seconds_total", "Time of jobs in the queue, summed.",
      [](const ModelGauges& model) { return Seconds(model.queued); });
  add(Kind::kCounter, "model_inference_seconds_total", "Time of runs, summed.",
      [](const ModelGauges& model) { return Seconds(model.ran); });
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

/// How many rows the runs had, from the counts that each lane keeps.
void AddBatches(const std::vector<ModelGauges>& models, Exposition& out) {
  std::vector<Exposition::HistogramRow> rows;
  for (const ModelGauges& model : models) {
    Distribution::Snapshot sizes{.bounds = kRowBounds,
                                 .counts = std::vector<uint64_t>(kRowBounds.size() + 1)};
    for (const auto& [size, runs] : model.runs_by_rows) {
      const auto bound = std::ranges::lower_bound(kRowBounds, static_cast<double>(size));
      sizes.counts[static_cast<size_t>(bound - kRowBounds.begin())] += runs;
      sizes.sum += static_cast<double>(size) * static_cast<double>(runs);
    }
    rows.push_back({.labels = {{"model", model.model}, {"version", model.version}},
                    .values = std::move(sizes)});
  }
  out.AddHistogram("model_batch_rows", "Rows of a run of the network, those of padding left out.",
                   std::move(rows));
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
  SeriesTable<Requests, 1> requests{kRoutesMax};          // by route
  SeriesTable<Predictions, 3> predictions{kVersionsMax};  // by model, protocol, version
  SeriesTable<Tally, 1> load_failures{kVersionsMax};      // by model
  SeriesTable<Tally, 1> limited{16};                      // by limit
  SeriesTable<Tally, 3> attempts{kRoutesMax};             // by backend, result, why
  SeriesTable<Tally, 3> hybrid{kRoutesMax};               // by endpoint, result, rule
  SeriesTable<Tally, 1> hybrid_cost{kRoutesMax};          // by endpoint, in millionths
  SeriesTable<Answers, 2> answers{kVersionsMax};          // by model, version
  Tally shed;
  mutable std::mutex mutex;  // of what follows
  mutable HostUsage before;  // when somebody asked last

  double CpuPercent(const HostUsage& now) const {
    const std::lock_guard lock(mutex);
    const double busy = now.cpu_busy_seconds - before.cpu_busy_seconds;
    const double idle = now.cpu_idle_seconds - before.cpu_idle_seconds;
    before = now;
    return busy + idle > 0 ? 100 * busy / (busy + idle) : 0;
  }

  void AddPredictions(Exposition& out) const {
    Rows counted;
    std::vector<Exposition::HistogramRow> timed;
    predictions.ForEach([&](const auto& values, const Predictions& row) {
      const Exposition::Labels labels = {
          {"model", values[0]}, {"protocol", values[1]}, {"version", values[2]}};
      timed.push_back({.labels = labels, .values = row.seconds.Get()});
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
    std::vector<Exposition::HistogramRow> timed;
    requests.ForEach([&](const auto& values, const Requests& requests_of) {
      timed.push_back({.labels = {{"route", values[0]}}, .values = requests_of.seconds.Get()});
      requests_of.by_status.ForEach([&](int status, uint64_t count) {
        rows.push_back({.labels = {{"code", std::to_string(status)}, {"route", values[0]}},
                        .value = static_cast<double>(count)});
      });
    });
    out.Add(Kind::kCounter, "http_requests_total", "Requests by route and status.",
            std::move(rows));
    out.AddHistogram("http_request_duration_seconds",
                     "From a request's first byte to its answer, by route.", std::move(timed));
  }

  void AddAnswers(Exposition& out) const {
    Rows counted;
    std::vector<Exposition::HistogramRow> confident;
    answers.ForEach([&](const auto& values, const Answers& row) {
      confident.push_back({.labels = {{"model", values[0]}, {"version", values[1]}},
                           .values = row.confidence.Get()});
      row.by_label.ForEach([&](const auto& label, const Tally& tally) {
        counted.push_back(
            {.labels = {{"label", label[0]}, {"model", values[0]}, {"version", values[1]}},
             .value = static_cast<double>(tally.Get())});
      });
    });
    out.Add(Kind::kCounter, "model_answers_total",
            "Examples by the label that was likeliest; of many labels the rest is `other`.",
            std::move(counted));
    out.AddHistogram("model_confidence", "The score of the likeliest label.", std::move(confident));
  }

  void AddTorchServe(const ServiceGauges& gauges, const HostUsage& host, Exposition& out) const {
    TorchServeNumbers numbers{.host = host};
    numbers.cpu_percent = CpuPercent(host);
    predictions.ForEach([&](const auto& values, const Predictions& row) {
      const Distribution::Snapshot seconds = row.seconds.Get();
      TorchServeNumbers::Version& version = numbers.versions[{values[0], values[2]}];
      for (const uint64_t count : seconds.counts) version.requests += static_cast<double>(count);
      version.latency_us += seconds.sum * kMicrosecondsASecond;
    });
    for (const ModelGauges& model : gauges.models) {
      numbers.versions[{model.model, model.version}].queue_us =
          Seconds(model.queued) * kMicrosecondsASecond;
    }
    requests.ForEach([&](const auto&, const Requests& row) {
      row.by_status.ForEach([&](int status, uint64_t count) {
        if (status / 100 == 2) numbers.answers_2xx += static_cast<double>(count);
        if (status / 100 == 4) numbers.answers_4xx += static_cast<double>(count);
        if (status / 100 == 5) numbers.answers_5xx += static_cast<double>(count);
      });
    });
    AddTorchServeMetrics(numbers, out);
  }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::CountRequest(std::string_view route, int code,
                           std::optional<std::chrono::nanoseconds> duration) {
  Requests& row = state_->requests.Of({route.empty() ? "none" : route});
  row.by_status.Add(code);
  if (duration) row.seconds.Add(Seconds(*duration));
}

void Metrics::CountAnswer(const AnsweredExample& example) {
  Answers& row = state_->answers.Of({example.model, example.version});
  row.by_label.Of({example.label}).Add();
  row.confidence.Add(static_cast<double>(example.confidence));
}

void Metrics::CountPrediction(const PredictionOutcome& outcome) {
  Predictions& row = state_->predictions.Of({outcome.model, outcome.protocol, outcome.version});
  row.by_status.Add(outcome.code);
  row.seconds.Add(Seconds(outcome.duration));
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
  state.AddAnswers(out);
  out.Add(Kind::kCounter, "requests_limited_total", "Requests over a rate limit, by which one.",
          RowsOf(state.limited, {"limit"}));
  out.Counter("requests_shed_total", "Requests refused because too many were being answered.",
              static_cast<double>(state.shed.Get()));
  out.Gauge("concurrency_limit", "Requests that may be inside at once now.",
            static_cast<double>(gauges.concurrency_limit));
  out.Gauge("queue_depth", "Requests that wait for a worker.", static_cast<double>(gauges.queued));
  out.Gauge("http_connections", "Open connections.", static_cast<double>(gauges.connections));
  AddModels(gauges.models, out);
  AddBatches(gauges.models, out);
  out.Add(Kind::kCounter, "model_load_failures_total", "Versions that could not be loaded.",
          RowsOf(state.load_failures, {"model"}));
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
  out.Counter("request_log_written_total", "Predictions that were written down.",
              static_cast<double>(gauges.logged));
  out.Counter("request_log_dropped_total",
              "Predictions of the sample that were too many, or could not be written.",
              static_cast<double>(gauges.log_dropped));
  out.Counter("request_log_unconverted_total",
              "Files of predictions that should be Parquet and stayed JSON Lines.",
              static_cast<double>(gauges.log_unconverted));
  out.Counter("answer_cache_hits_total", "Answers without the network.",
              static_cast<double>(gauges.cache_hits));
  out.Counter("answer_cache_misses_total", "Questions that the cache did not know.",
              static_cast<double>(gauges.cache_misses));
  out.Gauge("answer_cache_bytes", "What is kept, about.", static_cast<double>(gauges.cache_bytes));
  out.Counter("spans_exported_total", "Spans that the collector took.",
              static_cast<double>(gauges.spans_exported));
  out.Counter("spans_dropped_total", "Spans that found no room or no collector.",
              static_cast<double>(gauges.spans_dropped));
  const HostUsage host = ReadHostUsage();
  AddProcess(out);
  AddHost(host, out);
  state.AddTorchServe(gauges, host, out);
  return out.Text();
}

}  // namespace keelrow::signals
