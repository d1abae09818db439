#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/json.h"
#include "project/rollout.h"

namespace keelrow::rollout {

enum class Mode { kCanary, kAb, kShadow };
enum class Key { kClient, kHeader, kRequest };

struct Step {
  double weight = 0;  // the candidate's share; of a shadow: the share that is compared
  std::chrono::milliseconds hold{0};
};

/// What the candidate must keep. Zero turns the comparing ones off.
struct Slo {
  std::chrono::milliseconds latency{0};
  double slower = 0;
  double errors = 0;
  double mix = 0;
  double agreement = 0;
  uint64_t samples = 0;  // of a step
  std::chrono::milliseconds window{0};
};

/// How one rollout goes, whatever its mode: steps of a weight and a time, and what ends it.
struct Plan {
  Mode mode = Mode::kCanary;
  Key key = Key::kClient;
  std::string header;
  std::vector<Step> steps;  // at least one
  Slo slo;

  /// What follows the last step: the candidate becomes champion (canary), nothing does (shadow), or
  /// there is no such end (A/B).
  bool Promotes() const { return mode == Mode::kCanary; }
  bool Ends() const { return mode != Mode::kAb; }
  /// Whether the candidate answers anybody.
  bool Answers() const { return mode != Mode::kShadow; }
};

Plan PlanOf(const project::RolloutConfig& config);
/// From what the store keeps: config::Write of a RolloutConfig. Throws kCorrupt for anything else.
Plan StoredPlan(const Json& stored);

std::string_view NameOf(Mode mode);

}  // namespace keelrow::rollout
