#include "predictions/rollout_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <sstream>

namespace keelrow::predictions {
namespace {

using prometheus::Labels;

class Rows {
 public:
  void Add(const rollout::Live& live, const Moment& now, bool loaded) {
    const std::string version = std::to_string(live.record.candidate);
    loaded_.Add({{"model", live.record.model}, {"version", version}}).Set(loaded ? 1 : 0);
    weight_
        .Add({{"model", live.record.model},
              {"version", version},
              {"mode", std::string(NameOf(live.plan.mode))}})
        .Set(live.Weight(now.wall));
    if (live.plan.Answers()) return;
    const rollout::Comparison shadow = live.recorder->Seen(now.steady).step.shadow;
    const auto count = [&](const char* result, uint64_t answers) {
      const Labels labels = {
          {"model", live.record.model}, {"version", version}, {"result", result}};
      shadow_.Add(labels).Increment(static_cast<double>(answers));
    };
    count("agreed", shadow.agreed);
    count("differed", shadow.compared - shadow.agreed);
    count("failed", shadow.failed);
    count("passed_over", shadow.passed_over);
  }
  void Add(const RolloutCounts::Values& counts) {
    for (const auto& [what, count] : counts.unreadable) {
      unreadable_.Add({{"what", what}}).Increment(static_cast<double>(count));
    }
    for (const auto& [key, count] : counts.changes) {
      const Labels labels = {{"model", key.first}, {"action", key.second}};
      changes_.Add(labels).Increment(static_cast<double>(count));
    }
  }
  std::string Text() const {
    std::ostringstream text;
    prometheus::TextSerializer().Serialize(text, registry_.Collect());
    return text.str();
  }

 private:
  prometheus::Registry registry_;
  prometheus::Family<prometheus::Gauge>& weight_ =
      prometheus::BuildGauge()
          .Name("rollout_weight")
          .Help("The new version's share; of a shadow what is compared. 0: it was stopped.")
          .Register(registry_);
  prometheus::Family<prometheus::Gauge>& loaded_ =
      prometheus::BuildGauge()
          .Name("rollout_candidate_loaded")
          .Help("Whether the new version is loaded here; where it is not, the old one answers.")
          .Register(registry_);
  prometheus::Family<prometheus::Counter>& unreadable_ =
      prometheus::BuildCounter()
          .Name("rollout_unreadable_total")
          .Help(
              "Rows of rollouts and of replicas' evidence that were passed over, and times that "
              "the store could not be read.")
          .Register(registry_);
  prometheus::Family<prometheus::Counter>& shadow_ =
      prometheus::BuildCounter()
          .Name("rollout_shadow_total")
          .Help("Answers of the running shadow beside those that were given.")
          .Register(registry_);
  prometheus::Family<prometheus::Counter>& changes_ =
      prometheus::BuildCounter()
          .Name("rollout_changes_total")
          .Help("Steps, ends and rollbacks that this process made by itself.")
          .Register(registry_);
};

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
  Rows rows;
  for (const auto& [model, live] : table) {
    rows.Add(*live, now, is_loaded(model, live->record.candidate));
  }
  rows.Add(counts.All());
  return rows.Text();
}

}  // namespace keelrow::predictions
