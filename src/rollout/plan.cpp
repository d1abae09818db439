#include "rollout/plan.h"

#include <map>

namespace keelrow::rollout {
namespace {

const std::map<std::string, Mode, std::less<>>& Modes() {
  static const std::map<std::string, Mode, std::less<>> modes = {
      {"canary", Mode::kCanary}, {"ab", Mode::kAb}, {"shadow", Mode::kShadow}};
  return modes;
}

const std::map<std::string, Key, std::less<>>& Keys() {
  static const std::map<std::string, Key, std::less<>> keys = {
      {"client", Key::kClient}, {"header", Key::kHeader}, {"request", Key::kRequest}};
  return keys;
}

std::vector<Step> StepsOf(const project::RolloutConfig& config, Mode mode) {
  if (mode == Mode::kAb) return {{.weight = config.ab.share}};
  if (mode == Mode::kShadow) {
    return {{.weight = config.shadow.share, .hold = config.shadow.hold.value}};
  }
  std::vector<Step> steps;
  for (const project::RolloutStepConfig& step : config.steps) {
    steps.push_back({.weight = step.weight, .hold = step.hold.value});
  }
  return steps;
}

/// Versions of an A/B are meant to differ in what they say. A shadow runs aside, so that its times
/// say nothing.
Slo SloOf(const project::RolloutConfig& config, Mode mode) {
  const project::RolloutSloConfig& slo = config.slo;
  const bool shadow = mode == Mode::kShadow;
  return {.latency = shadow ? std::chrono::milliseconds(0) : slo.latency.value,
          .slower = shadow ? 0 : slo.slower,
          .errors = slo.errors,
          .mix = mode == Mode::kAb ? 0 : slo.mix,
          .agreement = shadow ? config.shadow.agreement : 0,
          .samples = static_cast<uint64_t>(slo.samples),
          .window = slo.window.value};
}

}  // namespace

Plan PlanOf(const project::RolloutConfig& config) {
  const Mode mode = Modes().at(config.mode.value);
  return {.mode = mode,
          .key = Keys().at(config.key.value),
          .header = config.header,
          .steps = StepsOf(config, mode),
          .slo = SloOf(config, mode)};
}

Plan StoredPlan(const Json& stored) {
  try {
    // Nothing at all would be a plan of defaults.
    if (!stored.is_object()) throw Error(Code::kBadValue, "it is no object");
    return PlanOf(config::ReadJson<project::RolloutConfig>(stored, "the store"));
  } catch (const Error& failure) {
    throw Error(Code::kCorrupt, "the store holds the plan of a rollout that cannot be read",
                {.hint = failure.message()});
  }
}

std::string_view NameOf(Mode mode) {
  for (const auto& [name, each] : Modes()) {
    if (each == mode) return name;
  }
  return "";
}

}  // namespace keelrow::rollout
