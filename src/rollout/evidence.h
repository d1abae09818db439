#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "rollout/latency.h"
#include "rollout/statistics.h"

namespace keelrow::rollout {

/// How one answer turned out.
enum class Result {
  kAnswered,
  kRefused,  // 4xx: the version said that the input cannot be used
  kFailed,   // 5xx
  kLeft      // its client did not wait for it: no fault, but how long it took at least is known
};

/// What one version did in some time.
struct Tally {
  uint64_t answered = 0;
  uint64_t refused = 0;
  uint64_t failed = 0;
  uint64_t overdue = 0;  // under way, and longer than the latency that the SLO allows
  /// By row, of those that it answered itself, of those that failed, and of those that were left
  /// when they had taken too long.
  Latencies latencies;
  Counts labels;  // the top one of each example

  uint64_t Total() const { return answered + refused + failed; }
  void Count(Result result);
  /// Beyond so many labels all others are counted as one: whoever has a thousand learns nothing
  /// from more, and a store's row stays small.
  void CountLabel(const std::string& label, uint64_t times = 1);
  void Add(const Tally& other);
};

/// What a shadow said beside the version that answered.
struct Comparison {
  uint64_t compared = 0;
  uint64_t agreed = 0;       // on the top label
  uint64_t failed = 0;       // the shadow could not answer
  uint64_t passed_over = 0;  // for want of time
  double distance = 0;       // summed: half the sum of the differences of all scores, 0 … 1
  void Add(const Comparison& other);
};

/// Both versions in the same time.
struct Sides {
  Tally stable;
  Tally candidate;
  Comparison shadow;
  void Add(const Sides& other);
};

/// What one replica, or all together, know of a step.
struct Evidence {
  Sides recent;  // of the window
  Sides step;    // since it began
  /// Why replicas have not loaded the candidate, one each; the stable version answers there.
  std::vector<std::string> absent = {};
  uint64_t unreadable = 0;  // replicas whose word was damaged, and is left out
};

Json ToJson(const Evidence& evidence);
/// Throws kCorrupt for what ToJson has not written.
Evidence EvidenceFrom(const Json& json);

}  // namespace keelrow::rollout
