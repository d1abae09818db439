#include "pipeline/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace keelrow::pipeline {
namespace {

const StepKind& FindKind(std::span<const StepKind> table, const std::string& name) {
  std::vector<std::string> names;
  for (const StepKind& kind : table) {
    if (kind.name == name) return kind;
    names.push_back(kind.name);
  }
  std::string hint = DidYouMean(name, names);
  if (hint.empty()) hint = "steps: " + JoinText(names, ", ");
  throw Error(Code::kNotFound, fmt::format("there is no step `{}`", name), {.hint = hint});
}

void AddWithInputs(std::span<const StepKind> table, const StepKind& kind,
                   std::set<std::string>& wanted) {
  if (!wanted.insert(kind.name).second) return;
  for (const std::string& input : kind.after) {
    AddWithInputs(table, FindKind(table, input), wanted);
  }
}

std::set<std::string> WantedSteps(std::span<const StepKind> table, const PlanOptions& options) {
  std::set<std::string> wanted;
  for (const std::string& name : options.only) {
    AddWithInputs(table, FindKind(table, name), wanted);
  }
  if (!options.only.empty()) return wanted;
  if (!options.until.empty()) FindKind(table, options.until);
  for (const StepKind& kind : table) {
    wanted.insert(kind.name);
    if (kind.name == options.until) break;
  }
  return wanted;
}

class Planner {
 public:
  Planner(const Json& config, const Workspace& workspace, const PlanOptions& options)
      : config_(config), workspace_(workspace), options_(options), cache_(workspace) {}

  PlannedStep Add(const StepKind& kind) {
    PlannedStep step{.kind = &kind};
    step.parts = {.version = kind.version, .config = SelectConfig(config_, kind.config)};
    for (const std::string& input : kind.after) step.parts.inputs[input] = keys_.at(input);
    if (kind.outside.hash != nullptr) {
      step.parts.outside = kind.outside.hash(step.parts.config, workspace_);
    }
    step.key = step.parts.Key(kind.name);
    keys_[kind.name] = step.key;
    Decide(step);
    if (options_.past_seconds) step.seconds = options_.past_seconds(kind.name);
    return step;
  }

 private:
  void Decide(PlannedStep& step) {
    const ArtifactCache::State state = cache_.Look(step.kind->name, step.key);
    const auto& force = options_.force;
    if (std::find(force.begin(), force.end(), step.kind->name) != force.end()) {
      step.reasons = {kAskedFor};
    } else if (const auto* damaged = std::get_if<ArtifactCache::Damaged>(&state)) {
      step.reasons = {"the kept output is damaged: " + damaged->what};
    } else if (const auto* record = std::get_if<ArtifactRecord>(&state)) {
      step.reasons = StaleInputs(*record);
      contents_[step.kind->name] = record->ContentHash();
    } else {
      step.reasons = WhyNew(step);
    }
    step.action = step.reasons.empty() ? Action::kCached : Action::kRun;
  }

  /// A step that was run again may have given other bytes under the same key (another number of
  /// threads, say): whoever read the old ones is stale.
  std::vector<std::string> StaleInputs(const ArtifactRecord& record) const {
    std::vector<std::string> reasons;
    for (const auto& [input, content] : record.consumed) {
      const auto now = contents_.find(input);
      if (now != contents_.end() && now->second != content) {
        reasons.push_back(fmt::format("input {} has other bytes", input));
      }
    }
    return reasons;
  }

  std::vector<std::string> WhyNew(const PlannedStep& step) const {
    const std::optional<KeyParts> last = cache_.LastParts(step.kind->name);
    if (!last) return {"never ran"};
    std::vector<std::string> reasons = DescribeChanges(*last, step.parts, step.kind->outside.what);
    if (reasons.empty()) reasons.emplace_back("its kept output is gone");
    return reasons;
  }

  const Json& config_;
  const Workspace& workspace_;
  const PlanOptions& options_;
  ArtifactCache cache_;
  std::map<std::string, std::string> keys_;
  std::map<std::string, std::string> contents_;
};

void DiffConfig(const Json& before, const Json& after, const std::string& path,
                std::vector<std::string>& changes) {
  if (before == after) return;
  if (before.is_object() && after.is_object()) {
    std::set<std::string> keys;
    for (const auto& [key, value] : before.items()) keys.insert(key);
    for (const auto& [key, value] : after.items()) keys.insert(key);
    for (const std::string& key : keys) {
      DiffConfig(before.value(key, Json()), after.value(key, Json()),
                 path.empty() ? key : path + "." + key, changes);
    }
    return;
  }
  changes.push_back(fmt::format("config: {} {} -> {}", path, before.dump(), after.dump()));
}

std::string JoinedReasons(const PlannedStep& step) {
  if (step.action == Action::kCached) return fmt::format("sha256:{}", step.key.substr(0, 8));
  std::string text = step.reasons[0];
  if (text.size() > 70) text = text.substr(0, 67) + "...";
  if (step.reasons.size() > 1) text += fmt::format(" (+{} more)", step.reasons.size() - 1);
  return text;
}

}  // namespace

const PlannedStep* Plan::Find(const std::string& step) const {
  for (const PlannedStep& planned : steps) {
    if (planned.kind->name == step) return &planned;
  }
  return nullptr;
}

size_t Plan::CountToRun() const {
  return static_cast<size_t>(std::count_if(
      steps.begin(), steps.end(), [](const auto& step) { return step.action == Action::kRun; }));
}

Plan MakePlan(std::span<const StepKind> table, const Json& config, const Workspace& workspace,
              const PlanOptions& options) {
  const std::set<std::string> wanted = WantedSteps(table, options);
  for (const std::string& name : options.force) FindKind(table, name);
  Planner planner(config, workspace, options);
  Plan plan;
  for (const StepKind& kind : table) {
    if (wanted.contains(kind.name)) plan.steps.push_back(planner.Add(kind));
  }
  workspace.digests().Save();
  return plan;
}

Json SelectConfig(const Json& config, std::span<const std::string> keys) {
  Json selected = Json::object();
  for (const std::string& key : keys) {
    const Json* from = &config;
    Json* to = &selected;
    for (const std::string& part : SplitText(key, '.')) {
      if (!from->is_object() || !from->contains(part)) {
        throw Error(Code::kInternal, fmt::format("a step declares the unknown key `{}`", key));
      }
      from = &from->at(part);
      to = &(*to)[part];
    }
    *to = *from;
  }
  return selected;
}

std::vector<std::string> DescribeChanges(const KeyParts& before, const KeyParts& after,
                                         const std::string& outside) {
  std::vector<std::string> changes;
  if (before.version != after.version) {
    changes.push_back(fmt::format("code: version {} -> {}", before.version, after.version));
  }
  DiffConfig(before.config, after.config, "", changes);
  if (before.outside != after.outside) changes.push_back(fmt::format("the {} changed", outside));
  for (const auto& [input, key] : after.inputs) {
    const auto old = before.inputs.find(input);
    if (old == before.inputs.end() || old->second != key) {
      changes.push_back(fmt::format("input {} changed", input));
    }
  }
  return changes;
}

std::string RenderPlan(const Plan& plan) {
  std::vector<std::vector<std::string>> rows;
  double total = 0;
  bool known = true;
  for (const PlannedStep& step : plan.steps) {
    const bool runs = step.action == Action::kRun;
    rows.push_back({runs ? "~" : "=", step.kind->name, JoinedReasons(step), runs ? "run" : "cached",
                    runs && step.seconds ? HumanSeconds(*step.seconds) : ""});
    if (runs) {
      known = known && step.seconds.has_value();
      total += step.seconds.value_or(0);
    }
  }
  const size_t count = plan.CountToRun();
  std::string text = RenderTable(rows);
  text += fmt::format("Plan: {} to run, {} cached.", count, plan.steps.size() - count);
  if (count > 0 && known) text += fmt::format(" ~{}", HumanSeconds(total));
  return text + "\n";
}

Json PlanToJson(const Plan& plan) {
  Json steps = Json::array();
  for (const PlannedStep& step : plan.steps) {
    Json row = {{"step", step.kind->name},
                {"action", step.action == Action::kRun ? "run" : "cached"},
                {"key", step.key},
                {"reasons", step.reasons}};
    row["seconds"] = step.seconds ? Json(*step.seconds) : Json();
    steps.push_back(std::move(row));
  }
  return {{"steps", steps}, {"to_run", plan.CountToRun()}};
}

}  // namespace keelrow::pipeline
