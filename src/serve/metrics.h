#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/forwarder.h"

namespace keelrow::serve {

/// One answered prediction.
struct PredictionOutcome {
  const std::string& model;
  int version;
  int code;                           // HTTP status
  std::chrono::nanoseconds duration;  // from the whole request to the answer, queue included
};

struct LoadedVersion {
  const std::string& model;
  int version;
};

/// What is only looked at when somebody asks.
struct ServiceGauges {
  size_t connections = 0;
  size_t queued = 0;
  size_t concurrency_limit = 0;
  std::vector<gateway::BackendView> backends = {};
};

/// What Prometheus reads at /metrics. Labels take few values: patterns of routes, never paths;
/// versions that were loaded, never what a client names. Thread-safe.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  /// `route` is a pattern; empty when none matched.
  void CountRequest(std::string_view route, int code);
  void CountPrediction(const PredictionOutcome& outcome);
  /// The version that answers from now on.
  void SetLoaded(const LoadedVersion& loaded);
  void CountLoadFailure(const std::string& model);
  /// Answered 429; `limit` is one of the limiter's own names.
  void CountLimited(std::string_view limit);
  /// Answered 503 because as many were inside as may be.
  void CountShed();
  /// A gateway asked a backend.
  void CountAttempt(const gateway::Attempted& attempt);

  /// Prometheus' text format, version 0.0.4.
  std::string Text(const ServiceGauges& gauges) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

inline constexpr const char* kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace keelrow::serve
