#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/forwarder.h"
#include "hybrid/hybrid.h"

namespace keelrow::signals {

/// One answered prediction.
struct PredictionOutcome {
  const std::string& model;
  const std::string& version;
  std::string_view protocol;          // of its route
  int code;                           // HTTP status
  std::chrono::nanoseconds duration;  // from the whole request to the answer, queue included
};

/// What a model said to one example.
struct AnsweredExample {
  const std::string& model;
  const std::string& version;
  const std::string& label;  // the likeliest
  float confidence;          // its score
};

/// One loaded version, as it is when somebody asks.
struct ModelGauges {
  std::string model;
  std::string version;
  size_t waiting = 0;    // jobs
  uint64_t runs = 0;     // of the network, since it was loaded
  uint64_t rows = 0;     // in them
  uint64_t dropped = 0;  // jobs that were too late, or that nobody waited for any more
  std::chrono::nanoseconds queued{0};        // of all jobs, in the queue
  std::chrono::nanoseconds ran{0};           // of all runs
  std::map<int64_t, uint64_t> runs_by_rows;  // as above, by rows of a run
};

/// What is only looked at when somebody asks.
struct ServiceGauges {
  size_t connections = 0;
  size_t queued = 0;
  std::vector<ModelGauges> models = {};
  size_t concurrency_limit = 0;
  std::vector<gateway::BackendView> backends = {};
  size_t spans_exported = 0;
  size_t spans_dropped = 0;
  size_t logged = 0;  // predictions that were written down
  size_t log_dropped = 0;
  size_t log_unconverted = 0;  // files that should be Parquet
  uint64_t cache_hits = 0;
  uint64_t cache_misses = 0;
  uint64_t cache_bytes = 0;
};

/// What Prometheus reads at /metrics. Labels take few values: patterns of routes, never paths;
/// versions that were loaded, never what a client names. Counting takes no lock and some ten
/// nanoseconds (series.h). Thread-safe.
class Metrics {
 public:
  Metrics();
  ~Metrics();

  /// `route` is a pattern; empty when none matched. `duration` from the request's first byte; that
  /// of what never became a request is not known.
  void CountRequest(std::string_view route, int code,
                    std::optional<std::chrono::nanoseconds> duration = {});
  void CountPrediction(const PredictionOutcome& outcome);
  /// Of a version's labels the first hundred that occur have rows of their own.
  void CountAnswer(const AnsweredExample& example);
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

}  // namespace keelrow::signals
