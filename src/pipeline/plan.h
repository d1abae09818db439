#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/artifact.h"
#include "pipeline/step_kind.h"

namespace keelrow::pipeline {

enum class Action { kCached, kRun };

/// The reason of a step that the user forces.
inline constexpr const char* kAskedFor = "asked for";

struct PlannedStep {
  const StepKind* kind = nullptr;
  std::string key;
  KeyParts parts;
  Action action = Action::kRun;
  std::vector<std::string> reasons;  // why it would run; empty when cached
  std::optional<double> seconds;     // how long it took the last time
};

/// What `run` would do, step by step in order, and why. Keys are made of declared inputs only, and
/// an upstream step stands in a key by its own key; so everything is known before anything runs,
/// and what runs is exactly what was planned.
struct Plan {
  std::vector<PlannedStep> steps;

  const PlannedStep* Find(const std::string& step) const;
  size_t CountToRun() const;
};

struct PlanOptions {
  std::vector<std::string> only;   // these steps and what they need; empty: all
  std::string until;               // up to and including this step; empty: to the end
  std::vector<std::string> force;  // run even when cached
  std::function<std::optional<double>(const std::string& step)> past_seconds;
};

/// `config` is the whole project in canonical form. Throws kNotFound for unknown step names.
Plan MakePlan(std::span<const StepKind> table, const Json& config, const Workspace& workspace,
              const PlanOptions& options = {});

/// The members of `config` that the dotted keys name, in the same tree.
Json SelectConfig(const Json& config, std::span<const std::string> keys);

/// "config: train.epochs 8 -> 10", "input split changed", … ; empty when both are the same.
/// `outside` is what the step calls its content outside the pipeline.
std::vector<std::string> DescribeChanges(const KeyParts& before, const KeyParts& after,
                                         const std::string& outside);

/// The plan as `keelrow plan` prints it, and as JSON.
std::string RenderPlan(const Plan& plan);
Json PlanToJson(const Plan& plan);

}  // namespace keelrow::pipeline
