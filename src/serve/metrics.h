#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/forwarder.h"
#include "hybrid/hybrid.h"

namespace keelrow::serve {

/// One answered prediction.
struct PredictionOutcome {
  const std::string& model;
  const std::string& version;
  std::string_view protocol;          // of its route
  int code;                           // HTTP status
  std::chrono::nanoseconds duration;  // from the whole request to the answer, queue included
};

/// One loaded version, as it is when somebody asks.
struct ModelGauges {
  std::string model;
  std::string version;
  size_t waiting = 0;    // jobs
  uint64_t runs = 0;     // of the network, since it was loaded
  uint64_t rows = 0;     // in them
  uint64_t dropped = 0;  // jobs that were too late
};

/// What is only looked at when somebody asks.
struct ServiceGauges {
  size_t connections = 0;
  size_t queued = 0;
  std::vector<ModelGauges> models = {};
  size_t concurrency_limit = 0;
  std::vector<gateway::BackendView> backends = {};
};

/// What Prometheus reads at /metrics. Labels take few values: patterns of routes, never paths;
/// versions that were loaded, never what a client names. Counting takes no lock and some ten
/// nanoseconds (series.h). Thread-safe.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  /// `route` is a pattern; empty when none matched.
  void CountRequest(std::string_view route, int code);
  void CountPrediction(const PredictionOutcome& outcome);
  void CountLoadFailure(const std::string& model);
  /// Answered 429; `limit` is one of the limiter's own names.
  void CountLimited(std::string_view limit);
  /// Answered 503 because as many were inside as may be.
  void CountShed();
  /// A gateway asked a backend.
  void CountAttempt(const gateway::Attempted& attempt);
  /// A rule sent a request to a public endpoint, or would have.
  void CountHybrid(const hybrid::Called& called);

  /// Prometheus' text format, version 0.0.4.
  std::string Text(const ServiceGauges& gauges) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace keelrow::serve
