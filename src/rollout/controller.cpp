#include "rollout/controller.h"

#include <fmt/format.h>

namespace keelrow::rollout {
namespace {

using Action = Decision::Action;
using Champion = track::RolloutChange::Champion;

constexpr const char* kRunning = "running";
constexpr const char* kPaused = "paused";
constexpr const char* kFinished = "finished";
constexpr const char* kUndone = "undone";

track::RolloutChange Change(const track::Rollout& rollout, const char* action, const char* state,
                            const Word& word) {
  return {.rollout = rollout.id,
          .revision = rollout.revision,
          .action = action,
          .state = state,
          .step = rollout.step,
          .actor = word.actor,
          .reason = word.reason};
}

void Require(bool possible, const track::Rollout& rollout, const char* what, const char* hint) {
  if (possible) return;
  throw Error(Code::kConflict,
              fmt::format("the rollout of `{}` version {} is {}: it cannot be {}", rollout.model,
                          rollout.candidate, rollout.state, what),
              {.hint = hint});
}

std::string Missing(const Plan& plan, const Situation& situation, std::chrono::milliseconds hold) {
  if (situation.in_step < hold) return "the step is held";
  if (!situation.verdict.enough) {
    return fmt::format("the step needs {} answers", plan.slo.samples);
  }
  return "a whole window must be seen";
}

}  // namespace

Decision Decide(const Plan& plan, const track::Rollout& rollout, const Situation& situation) {
  if (!situation.candidate_fault.empty()) {
    return {Action::kUndo, "it cannot be loaded: " + situation.candidate_fault};
  }
  if (const auto& breach = situation.verdict.breach) {
    return {Action::kUndo, fmt::format("{}: {}", breach->rule, breach->reason)};
  }
  if (rollout.state == kPaused) return {Action::kNone, "it is paused"};
  if (!plan.Ends()) return {Action::kNone, "it goes on until somebody ends it"};
  const auto step = static_cast<size_t>(rollout.step);
  const std::chrono::milliseconds hold = plan.steps.at(step).hold;
  const bool over = situation.in_step >= hold && situation.verdict.enough &&
                    situation.watched >= std::min(plan.slo.window, hold);
  if (!over) return {Action::kNone, Missing(plan, situation, hold)};
  if (step + 1 == plan.steps.size()) return {Action::kFinish, "all steps were kept"};
  return {Action::kAdvance, fmt::format("step {} of {} was kept", step + 1, plan.steps.size())};
}

track::RolloutChange ChangeOf(const Plan& plan, const track::Rollout& rollout,
                              const Decision& decision) {
  const Word word{.actor = kItself, .reason = decision.reason};
  if (decision.action == Action::kUndo) return Undo(rollout, word);
  if (decision.action == Action::kFinish) {
    track::RolloutChange change = Change(rollout, "rollout-finish", kFinished, word);
    if (plan.Promotes()) change.champion = Champion::kPromote;
    return change;
  }
  track::RolloutChange change = Change(rollout, "rollout-advance", kRunning, word);
  ++change.step;
  return change;
}

track::RolloutChange Pause(const track::Rollout& rollout, const Word& word) {
  Require(rollout.state == kRunning, rollout, "paused", "`keelrow rollout status` shows it");
  return Change(rollout, "rollout-pause", kPaused, word);
}

track::RolloutChange Resume(const track::Rollout& rollout, const Word& word) {
  Require(rollout.state == kPaused, rollout, "resumed", "`keelrow rollout status` shows it");
  return Change(rollout, "rollout-resume", kRunning, word);
}

track::RolloutChange Promote(const track::Rollout& rollout, const Word& word) {
  Require(rollout.Active(), rollout, "promoted", "`keelrow models promote` needs no rollout");
  track::RolloutChange change = Change(rollout, "rollout-finish", kFinished, word);
  change.champion = Champion::kPromote;
  return change;
}

track::RolloutChange Undo(const track::Rollout& rollout, const Word& word) {
  Require(rollout.state != kUndone, rollout, "undone", "it is already");
  track::RolloutChange change = Change(rollout, "rollout-undo", kUndone, word);
  if (!rollout.Active()) change.champion = Champion::kRestore;
  return change;
}

}  // namespace keelrow::rollout
