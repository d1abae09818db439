#pragma once

#include <string>
#include <vector>

#include "config/choices.h"
#include "config/described.h"

/// What `keelrow rollout start` reads: the key `rollout` of the project file. A rollout keeps the
/// plan with which it was started; what is changed here afterwards is for the next one.
namespace keelrow::project {

const std::vector<config::Choice>& RolloutModeChoices();
const std::vector<config::Choice>& RolloutKeyChoices();

struct RolloutStepConfig {
  double weight = 0.05;
  Duration hold{std::chrono::minutes(10)};
};

struct RolloutAbConfig {
  double share = 0.5;
};

struct RolloutShadowConfig {
  double share = 1;
  Duration hold{std::chrono::hours(1)};
  double agreement = 0;
};

/// What the candidate must keep; see rollout/judge.h.
struct RolloutSloConfig {
  Duration latency{std::chrono::milliseconds(500)};
  double slower = 2;
  double errors = 0.01;
  double mix = 0.25;
  int samples = 100;
  Duration window{std::chrono::seconds(20)};
};

struct RolloutConfig {
  config::Name<RolloutModeChoices> mode{"canary"};
  config::Name<RolloutKeyChoices> key{"client"};
  std::string header;
  std::vector<RolloutStepConfig> steps = {
      {.weight = 0.01, .hold = Duration{std::chrono::minutes(10)}},
      {.weight = 0.1, .hold = Duration{std::chrono::minutes(10)}},
      {.weight = 0.5, .hold = Duration{std::chrono::minutes(10)}}};
  RolloutAbConfig ab;
  RolloutShadowConfig shadow;
  RolloutSloConfig slo;
};

void Describe(config::Object<RolloutStepConfig>& object);
void Describe(config::Object<RolloutAbConfig>& object);
void Describe(config::Object<RolloutShadowConfig>& object);
void Describe(config::Object<RolloutSloConfig>& object);
void Describe(config::Object<RolloutConfig>& object);

}  // namespace keelrow::project
