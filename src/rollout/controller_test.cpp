#include "rollout/controller.h"

#include <gtest/gtest.h>

namespace keelrow::rollout {
namespace {

using namespace std::chrono_literals;
using Action = Decision::Action;
using Champion = track::RolloutChange::Champion;

const Plan kPlan{.steps = {{.weight = 0.1, .hold = 60s}, {.weight = 0.5, .hold = 60s}},
                 .slo = {.samples = 10, .window = 20s}};
const Situation kOver{.in_step = 61s, .watched = 61s, .verdict = {.enough = true}};

track::Rollout Running(int step = 0) {
  return {.id = 4, .model = "m", .candidate = 2, .state = "running", .step = step, .revision = 9};
}
track::Rollout InState(const std::string& state) {
  track::Rollout rollout = Running();
  rollout.state = state;
  rollout.ended = state == "running" || state == "paused" ? 0 : 1;
  return rollout;
}

Action ActionOf(const Plan& plan, const track::Rollout& rollout, const Situation& situation) {
  return Decide(plan, rollout, situation).action;
}

TEST(Controller, StepsWhenTheHoldIsOverAndEnoughWasSeen) {
  EXPECT_EQ(ActionOf(kPlan, Running(), kOver), Action::kAdvance);
  Situation early = kOver;
  early.in_step = 59s;
  EXPECT_EQ(ActionOf(kPlan, Running(), early), Action::kNone);
  Situation few = kOver;
  few.verdict.enough = false;
  EXPECT_EQ(ActionOf(kPlan, Running(), few), Action::kNone);
  EXPECT_EQ(Decide(kPlan, Running(), few).reason, "the step needs 10 answers");
}

/// The wall clock jumps forward, or this replica has just started.
TEST(Controller, NothingAdvancesBeforeAWindowWasWatched) {
  Situation jumped = kOver;
  jumped.in_step = 10h;
  jumped.watched = 19s;
  EXPECT_EQ(ActionOf(kPlan, Running(), jumped), Action::kNone);
  jumped.watched = 20s;
  EXPECT_EQ(ActionOf(kPlan, Running(), jumped), Action::kAdvance);
}

TEST(Controller, TheLastStepFinishes) {
  const Decision decision = Decide(kPlan, Running(1), kOver);
  EXPECT_EQ(decision.action, Action::kFinish);
  const track::RolloutChange change = ChangeOf(kPlan, Running(1), decision);
  EXPECT_EQ(change.state, "finished");
  EXPECT_EQ(change.champion, Champion::kPromote);
  EXPECT_EQ(change.actor, "rollout");
  EXPECT_EQ(change.rollout, 4);
  EXPECT_EQ(change.revision, 9);
}

TEST(Controller, AShadowFinishesWithoutAChampion) {
  Plan shadow = kPlan;
  shadow.mode = Mode::kShadow;
  EXPECT_EQ(ChangeOf(shadow, Running(1), Decide(shadow, Running(1), kOver)).champion,
            Champion::kStays);
}

TEST(Controller, AnAbGoesOn) {
  Plan ab = kPlan;
  ab.mode = Mode::kAb;
  EXPECT_EQ(ActionOf(ab, Running(1), kOver), Action::kNone);
}

TEST(Controller, ABreachUndoesWhateverTheStateAndTime) {
  Situation bad{.verdict = {.breach = Breach{"errors", "half failed"}, .enough = true}};
  for (const char* state : {"running", "paused"}) {
    const Decision decision = Decide(kPlan, InState(state), bad);
    EXPECT_EQ(decision.action, Action::kUndo);
    EXPECT_EQ(decision.reason, "errors: half failed");
    const track::RolloutChange change = ChangeOf(kPlan, InState(state), decision);
    EXPECT_EQ(change.state, "undone");
    EXPECT_EQ(change.champion, Champion::kStays);
  }
  EXPECT_EQ(ActionOf(kPlan, Running(), {.candidate_fault = "damaged"}), Action::kUndo);
}

TEST(Controller, APausedOneStandsStill) {
  EXPECT_EQ(ActionOf(kPlan, InState("paused"), kOver), Action::kNone);
}

template <class F>
bool Conflicts(F call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code() == Code::kConflict;
  }
  return false;
}

TEST(Controller, WordsThatDoNotFitTheStateAreRefused) {
  const Word ann{.actor = "ann"};
  EXPECT_EQ(Pause(InState("running"), ann).state, "paused");
  EXPECT_EQ(Resume(InState("paused"), ann).state, "running");
  EXPECT_EQ(Undo(InState("paused"), ann).champion, Champion::kStays);
  EXPECT_EQ(Undo(InState("finished"), ann).champion, Champion::kRestore);
  EXPECT_EQ(Promote(InState("running"), ann).champion, Champion::kPromote);
  EXPECT_TRUE(Conflicts([&] { Pause(InState("paused"), ann); }));
  EXPECT_TRUE(Conflicts([&] { Resume(InState("running"), ann); }));
  EXPECT_TRUE(Conflicts([&] { Undo(InState("undone"), ann); }));
  EXPECT_TRUE(Conflicts([&] { Promote(InState("undone"), ann); }));
  EXPECT_TRUE(Conflicts([&] { Promote(InState("finished"), ann); }));
}

}  // namespace
}  // namespace keelrow::rollout
