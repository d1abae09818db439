#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "rollout/keeper.h"

namespace keelrow::predictions {

/// What this replica did to rollouts, and what it could not read. Thread-safe.
class RolloutCounts {
 public:
  struct Values {
    std::map<std::pair<std::string, std::string>, uint64_t> changes;  // by model and action
    std::map<std::string, uint64_t> unreadable;                       // by what it was
  };
  void CountChange(const std::string& model, const std::string& action);
  void CountUnreadable(const std::string& what);
  Values All() const;

 private:
  mutable std::mutex mutex_;
  Values values_;
};

/// One moment by both clocks.
struct Moment {
  track::TimeMs wall = 0;
  rollout::Time steady{};
};

/// What is being rolled out, in Prometheus' text format, made anew each time. What the versions
/// answer, and how fast, is counted by version in metrics.h.
std::string RolloutMetricsText(
    const rollout::LiveTable& table, const RolloutCounts& counts, const Moment& now,
    const std::function<bool(const std::string& model, int version)>& is_loaded);

}  // namespace keelrow::predictions
