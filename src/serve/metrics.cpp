#include "serve/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <iterator>
#include <mutex>
#include <sstream>

#include "serve/process_usage.h"

namespace keelrow::serve {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

// Seconds; from a small network on one core to the alerts at 0.2 and 0.5 s, which are exact at
// bounds only, and beyond.
const Histogram::BucketBoundaries kLatencyBounds = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0};

struct About {
  const char* name;
  const char* help;
};

template <class T>
Family<T>& Declare(prometheus::detail::Builder<T> builder, prometheus::Registry& registry,
                   const About& about) {
  return builder.Name(about.name).Help(about.help).Register(registry);
}

Gauge& PlainGauge(prometheus::Registry& registry, const About& about) {
  return Declare(prometheus::BuildGauge(), registry, about).Add({});
}

/// Of models, made anew each time: what is not loaded any more has no rows.
class ModelRows {
 public:
  explicit ModelRows(const std::vector<ModelGauges>& models) {
    for (const ModelGauges& model : models) Add(model);
  }
  std::vector<prometheus::MetricFamily> Collect() const { return registry_.Collect(); }

 private:
  void Add(const ModelGauges& model) {
    const prometheus::Labels labels = {{"model", model.model}, {"version", model.version}};
    loaded_.Add(labels).Set(1);
    waiting_.Add(labels).Set(static_cast<double>(model.waiting));
    runs_.Add(labels).Increment(static_cast<double>(model.runs));
    rows_.Add(labels).Increment(static_cast<double>(model.rows));
    dropped_.Add(labels).Increment(static_cast<double>(model.dropped));
  }

  prometheus::Registry registry_;
  Family<Gauge>& loaded_ =
      Declare(prometheus::BuildGauge(), registry_, {"model_loaded", "1 for versions that answer."});
  Family<Gauge>& waiting_ = Declare(prometheus::BuildGauge(), registry_,
                                    {"model_queue_depth", "Jobs that wait for the network."});
  Family<Counter>& runs_ =
      Declare(prometheus::BuildCounter(), registry_,
              {"model_inferences_total", "Runs of the network since it was loaded."});
  Family<Counter>& rows_ =
      Declare(prometheus::BuildCounter(), registry_, {"model_rows_total", "Rows in these runs."});
  Family<Counter>& dropped_ =
      Declare(prometheus::BuildCounter(), registry_,
              {"model_dropped_total", "Jobs whose time was over before they ran."});
};

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  Family<Histogram>& latency = Declare(
      prometheus::BuildHistogram(), registry,
      {"prediction_latency_seconds", "From the whole request to its answer, waiting included."});
  Family<Counter>& predictions =
      Declare(prometheus::BuildCounter(), registry,
              {"predictions_total", "Predictions by version and HTTP status."});
  Family<Counter>& requests = Declare(prometheus::BuildCounter(), registry,
                                      {"http_requests_total", "Requests by route and status."});
  Family<Counter>& load_failures =
      Declare(prometheus::BuildCounter(), registry,
              {"model_load_failures_total", "Promoted versions that could not be loaded."});
  Family<Counter>& limited =
      Declare(prometheus::BuildCounter(), registry,
              {"requests_limited_total", "Requests over a rate limit, by which one."});
  Counter& shed =
      Declare(prometheus::BuildCounter(), registry,
              {"requests_shed_total", "Requests refused because too many were being answered."})
          .Add({});
  Family<Counter>& attempts =
      Declare(prometheus::BuildCounter(), registry,
              {"backend_attempts_total",
               "Requests to backends, by why they were made and what came of it."});
  Family<Counter>& hybrid =
      Declare(prometheus::BuildCounter(), registry,
              {"hybrid_requests_total",
               "Requests that a rule sends to a public endpoint, by what came of it."});
  Family<Counter>& hybrid_cost =
      Declare(prometheus::BuildCounter(), registry, {"hybrid_cost_total", "What they cost."});
  Family<Gauge>& breaker = Declare(prometheus::BuildGauge(), registry,
                                   {"backend_breaker_state", "0 closed, 1 half open, 2 open."});
  Family<Gauge>& up = Declare(prometheus::BuildGauge(), registry,
                              {"backend_up", "1 for a backend that its checks find well."});
  Family<Gauge>& outstanding = Declare(prometheus::BuildGauge(), registry,
                                       {"backend_outstanding", "Requests under way to a backend."});
  Gauge& concurrency =
      PlainGauge(registry, {"concurrency_limit", "Requests that may be inside at once now."});
  Gauge& queue = PlainGauge(registry, {"queue_depth", "Requests that wait for a worker."});
  Gauge& connections = PlainGauge(registry, {"http_connections", "Open connections."});
  Gauge& memory = PlainGauge(registry, {"process_resident_memory_bytes", "Resident memory."});
  Counter& cpu = Declare(prometheus::BuildCounter(), registry,
                         {"process_cpu_seconds_total", "User and system time."})
                     .Add({});
  Gauge& started = PlainGauge(
      registry, {"process_start_time_seconds", "When the process began, since 1970, UTC."});
  std::mutex mutex;  // one writer of what is set when somebody asks
};

Metrics::Metrics() : state_(std::make_unique<State>()) {
  state_->started.Set(ReadProcessUsage().started_seconds);
}
Metrics::~Metrics() = default;

void Metrics::CountRequest(std::string_view route, int code) {
  state_->requests
      .Add({{"route", route.empty() ? "none" : std::string(route)}, {"code", std::to_string(code)}})
      .Increment();
}

void Metrics::CountPrediction(const PredictionOutcome& outcome) {
  const std::string& version = outcome.version;
  state_->predictions
      .Add({{"model", outcome.model}, {"version", version}, {"code", std::to_string(outcome.code)}})
      .Increment();
  state_->latency.Add({{"model", outcome.model}, {"version", version}}, kLatencyBounds)
      .Observe(std::chrono::duration<double>(outcome.duration).count());
}

void Metrics::CountLoadFailure(const std::string& model) {
  state_->load_failures.Add({{"model", model}}).Increment();
}

void Metrics::CountLimited(std::string_view limit) {
  state_->limited.Add({{"limit", std::string(limit)}}).Increment();
}

void Metrics::CountShed() {
  state_->shed.Increment();
}

void Metrics::CountAttempt(const gateway::Attempted& attempt) {
  state_->attempts
      .Add({{"backend", attempt.backend},
            {"why", std::string(attempt.why)},
            {"result", std::string(attempt.result)}})
      .Increment();
}

void Metrics::CountHybrid(const hybrid::Called& called) {
  state_->hybrid
      .Add({{"endpoint", called.endpoint},
            {"rule", called.rule},
            {"result", std::string(called.result)}})
      .Increment();
  if (called.cost > 0) {
    state_->hybrid_cost.Add({{"endpoint", called.endpoint}}).Increment(called.cost);
  }
}

std::string Metrics::Text(const ServiceGauges& gauges) const {
  {
    const std::lock_guard lock(state_->mutex);
    const ProcessUsage usage = ReadProcessUsage();
    state_->queue.Set(static_cast<double>(gauges.queued));
    state_->concurrency.Set(static_cast<double>(gauges.concurrency_limit));
    state_->connections.Set(static_cast<double>(gauges.connections));
    state_->memory.Set(static_cast<double>(usage.resident_bytes));
    state_->cpu.Increment(usage.cpu_seconds - state_->cpu.Value());
    for (const gateway::BackendView& backend : gauges.backends) {
      state_->breaker.Add({{"backend", backend.name}}).Set(static_cast<double>(backend.breaker));
      state_->up.Add({{"backend", backend.name}}).Set(backend.healthy ? 1 : 0);
      state_->outstanding.Add({{"backend", backend.name}}).Set(backend.outstanding);
    }
  }
  std::ostringstream text;
  std::vector<prometheus::MetricFamily> families = state_->registry.Collect();
  std::ranges::move(ModelRows(gauges.models).Collect(), std::back_inserter(families));
  prometheus::TextSerializer().Serialize(text, families);
  return text.str();
}

}  // namespace keelrow::serve
