#pragma once

#include <string>

#include "rollout/judge.h"
#include "track/rollout.h"

/// What becomes of a rollout: by itself (Decide) or by somebody's word. All of it is what the store
/// then does as one compare-and-set; nothing here reads a clock.
///
///   running -- hold and answers enough --> the next step, or finished after the last
///   running <-- pause, resume --> paused
///   running, paused -- a breach, undo --> undone;  promote --> finished
///   finished -- undo --> undone, and @champion is the old version again
namespace keelrow::rollout {

inline constexpr const char* kItself = "rollout";  // the actor of what happens by itself

/// What is known when it is decided.
struct Situation {
  std::chrono::milliseconds in_step{0};  // by the wall clock, since the step began
  std::chrono::milliseconds watched{0};  // by this replica's steady clock: a wall clock may jump
  std::string candidate_fault = {};      // why the candidate cannot be loaded
  Verdict verdict = {};
};

struct Decision {
  enum class Action { kNone, kAdvance, kFinish, kUndo };
  Action action = Action::kNone;
  std::string reason = {};  // or what it waits for
};

Decision Decide(const Plan& plan, const track::Rollout& rollout, const Situation& situation);

/// `decision` is not kNone.
track::RolloutChange ChangeOf(const Plan& plan, const track::Rollout& rollout,
                              const Decision& decision);

/// By whom, and why.
struct Word {
  std::string actor;
  std::string reason = {};
};

/// Throw kConflict where the rollout is not in a state for it.
track::RolloutChange Pause(const track::Rollout& rollout, const Word& word);
track::RolloutChange Resume(const track::Rollout& rollout, const Word& word);
track::RolloutChange Promote(const track::Rollout& rollout, const Word& word);
track::RolloutChange Undo(const track::Rollout& rollout, const Word& word);

}  // namespace keelrow::rollout
