#include "predictions/rollout_metrics.h"

#include "signals/exposition.h"

namespace keelrow::predictions {
namespace {

using signals::Exposition;
using Rows = std::vector<Exposition::Row>;

/// What is to be said of all rollouts, by name of the metric.
struct Tables {
  Rows weights;
  Rows loaded;
  Rows shadows;

  void Add(const rollout::Live& live, const Moment& now, bool is_loaded) {
    const std::string& model = live.record.model;
    const std::string version = std::to_string(live.record.candidate);
    loaded.push_back(
        {.labels = {{"model", model}, {"version", version}}, .value = is_loaded ? 1.0 : 0.0});
    weights.push_back({.labels = {{"mode", std::string(NameOf(live.plan.mode))},
                                  {"model", model},
                                  {"version", version}},
                       .value = live.Weight(now.wall)});
    if (live.plan.Answers()) return;
    const rollout::Comparison shadow = live.recorder->Seen(now.steady).step.shadow;
    const auto count = [&](const char* result, uint64_t answers) {
      shadows.push_back({.labels = {{"model", model}, {"result", result}, {"version", version}},
                         .value = static_cast<double>(answers)});
    };
    count("agreed", shadow.agreed);
    count("differed", shadow.compared - shadow.agreed);
    count("failed", shadow.failed);
    count("passed_over", shadow.passed_over);
  }
};

Rows ChangesOf(const RolloutCounts::Values& counts) {
  Rows rows;
  for (const auto& [key, count] : counts.changes) {
    rows.push_back({.labels = {{"action", key.second}, {"model", key.first}},
                    .value = static_cast<double>(count)});
  }
  return rows;
}

Rows UnreadableOf(const RolloutCounts::Values& counts) {
  Rows rows;
  for (const auto& [what, count] : counts.unreadable) {
    rows.push_back({.labels = {{"what", what}}, .value = static_cast<double>(count)});
  }
  return rows;
}

}  // namespace

void RolloutCounts::CountChange(const std::string& model, const std::string& action) {
  const std::lock_guard lock(mutex_);
  ++values_.changes[{model, action}];
}

void RolloutCounts::CountUnreadable(const std::string& what) {
  const std::lock_guard lock(mutex_);
  ++values_.unreadable[what];
}

RolloutCounts::Values RolloutCounts::All() const {
  const std::lock_guard lock(mutex_);
  return values_;
}

std::string RolloutMetricsText(
    const rollout::LiveTable& table, const RolloutCounts& counts, const Moment& now,
    const std::function<bool(const std::string& model, int version)>& is_loaded) {
  Tables tables;
  for (const auto& [model, live] : table) {
    tables.Add(*live, now, is_loaded(model, live->record.candidate));
  }
  const RolloutCounts::Values values = counts.All();
  using Kind = Exposition::Kind;
  Exposition out;
  out.Add(Kind::kGauge, "rollout_weight",
          "The new version's share; of a shadow what is compared. 0: it was stopped.",
          std::move(tables.weights));
  out.Add(Kind::kGauge, "rollout_candidate_loaded",
          "Whether the new version is loaded here; where it is not, the old one answers.",
          std::move(tables.loaded));
  out.Add(Kind::kCounter, "rollout_shadow_total",
          "Answers of the running shadow beside those that were given.", std::move(tables.shadows));
  out.Add(Kind::kCounter, "rollout_changes_total",
          "Steps, ends and rollbacks that this process made by itself.", ChangesOf(values));
  out.Add(Kind::kCounter, "rollout_unreadable_total",
          "Rows of rollouts and of replicas' evidence that were passed over, and times that the "
          "store could not be read.",
          UnreadableOf(values));
  return out.Text();
}

}  // namespace keelrow::predictions
