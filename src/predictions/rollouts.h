#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/repository.h"
#include "predictions/prediction.h"
#include "rollout/keeper.h"

namespace keelrow::predictions {

class ShadowRunner;
struct ShadowJob;

/// Says on every answer of a model that is being rolled out which version gave it.
inline constexpr const char* kVersionHeader = "x-keelrow-model-version";

/// One request's part in a rollout; a default one has none, and its methods do nothing. Held by one
/// thread at a time. What it counts can fail no request.
class RolloutPart {
 public:
  RolloutPart() = default;

  /// The version that answers; null: the one that answers without a rollout.
  const std::shared_ptr<const models::ServedModel>& candidate() const { return candidate_; }

  /// The version begins to work on it. Its time is taken from here on as the rollout judges it: by
  /// row, and without what hosts of files take. Of a shadow: keeps the question for it, if it has
  /// time for one more. `question.bring` uses this part, which must not move any more.
  void Keep(Question& question);
  /// What was said.
  void Note(const Answer& answer);
  /// The answer is about to be sent. Once.
  void End(const models::ServedModel& model, Cause cause, http::Response& response);

 private:
  friend class Rollouts;
  class Fetching;

  rollout::Side side() const {
    return candidate_ ? rollout::Side::kCandidate : rollout::Side::kStable;
  }
  void Measure(Question& question);

  std::shared_ptr<rollout::Live> live_;
  std::shared_ptr<const models::ServedModel> candidate_;  // if it answers
  std::shared_ptr<const models::ServedModel> shadow_;     // if it is compared
  std::shared_ptr<ShadowRunner> runner_;
  std::shared_ptr<ShadowJob> job_;
  rollout::Time began_{};  // its time: when it arrived, or later by what others took
  int64_t rows_ = 1;       // it asks about
  bool computed_ = false;  // by the version, not remembered
  std::vector<std::string> labels_;
};

struct RolloutsOptions {
  std::filesystem::path store;
  models::Repository& models;
  std::chrono::milliseconds every;  // the store is looked at
};

/// The rollouts of a model service: whom the candidate answers, and the thread that judges every
/// second. Readiness does not ask it. Assign from any thread.
class Rollouts {
 public:
  explicit Rollouts(const RolloutsOptions& options);
  ~Rollouts();
  Rollouts(const Rollouts&) = delete;

  /// A request that names a version gets that; one that names none, or the champion, takes part.
  RolloutPart Assign(const ModelName& name, const http::Request& request) const;

  /// In Prometheus' text format; empty while nothing is or was rolled out.
  std::string MetricsText() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// What stays with one version: the value of the plan's header, the client, or the request.
std::string StickyKey(const rollout::Plan& plan, const http::Request& request);

/// The top label of each example; empty where the model has no labels.
std::vector<std::string> TopLabels(const models::ServedModel& model,
                                   const std::vector<std::vector<float>>& scores);

}  // namespace keelrow::predictions
