#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "rollout/keeper.h"

namespace keelrow::predictions {

/// What this replica did to rollouts. Thread-safe.
class RolloutChanges {
 public:
  void Count(const std::string& model, const std::string& action);
  std::map<std::pair<std::string, std::string>, uint64_t> All() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, uint64_t> counts_;  // by model and action
};

/// One moment by both clocks.
struct Moment {
  track::TimeMs wall = 0;
  rollout::Time steady{};
};

/// What is being rolled out, in Prometheus' text format, made anew each time. What the versions
/// answer, and how fast, is counted by version in metrics.h.
std::string RolloutMetricsText(const rollout::LiveTable& table, const RolloutChanges& changes,
                               const Moment& now);

}  // namespace keelrow::predictions
