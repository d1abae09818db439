#include <gtest/gtest.h>

#include <thread>

#include "base/files.h"
#include "track/store.h"

namespace keelrow::track {
namespace {

using Champion = RolloutChange::Champion;

const std::string kModel = "digits";

template <class F>
std::optional<Code> CodeOf(F call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return std::nullopt;
}

/// Versions 1, 2 and 3; 1 is champion.
class Rollouts : public testing::Test {
 protected:
  Rollouts() {
    for (const char* hash : {"a", "b", "c"}) {
      store_.Register({.model = kModel, .bundle_path = hash, .bundle_hash = hash}, "ann");
    }
    store_.Promote({.model = kModel, .version = 1, .actor = "ann"});
  }
  Rollout Start(int candidate = 2) {
    return store_.StartRollout({.model = kModel,
                                .candidate = candidate,
                                .plan = {{"mode", "canary"}},
                                .actor = "ann",
                                .reason = "better"});
  }
  bool Change(const Rollout& seen, const std::string& action, const std::string& state, int step,
              Champion champion = Champion::kStays) {
    return store_.ChangeRollout({.rollout = seen.id,
                                 .revision = seen.revision,
                                 .action = action,
                                 .state = state,
                                 .step = step,
                                 .champion = champion,
                                 .actor = "rollout",
                                 .reason = "because"});
  }
  Rollout Last() { return *store_.LastRollout(kModel); }
  int TheChampion() { return store_.FindAlias(kModel, "champion")->version; }
  std::vector<std::string> Actions() {
    std::vector<std::string> actions;
    for (const AuditRow& row : store_.Audit(kModel)) actions.push_back(row.action);
    actions.erase(actions.begin(), actions.begin() + 4);  // the versions and the first promotion
    return actions;
  }

  TemporaryFolder folder_;
  fs::path file_ = folder_.path() / "store.db";
  Store store_{file_};
};

using Words = std::vector<std::string>;

TEST_F(Rollouts, OneBeginsAtTheFirstStep) {
  const Rollout rollout = Start();
  EXPECT_EQ(rollout.stable, 1);
  EXPECT_EQ(rollout.candidate, 2);
  EXPECT_EQ(rollout.state, "running");
  EXPECT_EQ(rollout.step, 0);
  EXPECT_EQ(rollout.plan["mode"], "canary");
  EXPECT_TRUE(rollout.Active());
  ASSERT_EQ(store_.ActiveRollouts().size(), 1u);
  const AuditRow row = store_.Audit(kModel).back();
  EXPECT_EQ(row.action, "rollout-start");
  EXPECT_EQ(row.actor, "ann");
  EXPECT_EQ(row.reason, "better");
  EXPECT_EQ(row.after["stable"], 1);
  EXPECT_EQ(row.after["plan"]["mode"], "canary");
}

TEST_F(Rollouts, WhatCannotBeginIsRefused) {
  EXPECT_EQ(CodeOf([&] { Start(7); }), Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { Start(1); }), Code::kConflict);  // it is champion
  Start();
  EXPECT_EQ(CodeOf([&] { Start(3); }), Code::kConflict);
  store_.Register({.model = "new", .bundle_path = "x", .bundle_hash = "x"}, "ann");
  EXPECT_EQ(CodeOf([&] { store_.StartRollout({.model = "new", .candidate = 1}); }),
            Code::kConflict);  // no champion
}

TEST_F(Rollouts, StepsAndPausesAreRowsOfTheAudit) {
  const Rollout first = Start();
  EXPECT_TRUE(Change(first, "rollout-advance", "running", 1));
  EXPECT_EQ(Last().step, 1);
  EXPECT_GE(Last().step_began, first.step_began);
  EXPECT_TRUE(Change(Last(), "rollout-pause", "paused", 1));
  EXPECT_TRUE(Last().Active());
  EXPECT_TRUE(Change(Last(), "rollout-resume", "running", 1));
  EXPECT_EQ(Actions(),
            (Words{"rollout-start", "rollout-advance", "rollout-pause", "rollout-resume"}));
  const AuditRow row = store_.Audit(kModel)[5];
  EXPECT_EQ(row.before["step"], 0);
  EXPECT_EQ(row.after["step"], 1);
  EXPECT_EQ(row.reason, "because");
}

TEST_F(Rollouts, FinishingPromotesInTheSameTransaction) {
  Start();
  EXPECT_TRUE(Change(Last(), "rollout-finish", "finished", 0, Champion::kPromote));
  EXPECT_EQ(TheChampion(), 2);
  EXPECT_EQ(Last().state, "finished");
  EXPECT_FALSE(Last().Active());
  EXPECT_TRUE(store_.ActiveRollouts().empty());
  EXPECT_EQ(Actions(), (Words{"rollout-start", "rollout-finish", "promote"}));
  Start(3);  // the next one may begin
}

TEST_F(Rollouts, AFinishedOneCanBeUndone) {
  Start();
  Change(Last(), "rollout-finish", "finished", 0, Champion::kPromote);
  EXPECT_TRUE(Change(Last(), "rollout-undo", "undone", 0, Champion::kRestore));
  EXPECT_EQ(TheChampion(), 1);
  EXPECT_EQ(Actions(),
            (Words{"rollout-start", "rollout-finish", "promote", "rollout-undo", "rollback"}));
  EXPECT_EQ(CodeOf([&] { store_.Rollback(kModel, "champion", "ann"); }), Code::kConflict);
}

TEST_F(Rollouts, UndoingLeavesAChampionThatSomebodyElseMadeAlone) {
  Start();
  Change(Last(), "rollout-finish", "finished", 0, Champion::kPromote);
  store_.Promote({.model = kModel, .version = 3, .actor = "bob"});
  EXPECT_TRUE(Change(Last(), "rollout-undo", "undone", 0, Champion::kRestore));
  EXPECT_EQ(TheChampion(), 3);
}

TEST_F(Rollouts, WhoMovesTheChampionEndsIt) {
  Start();
  store_.Promote({.model = kModel, .version = 3, .alias = "beta", .actor = "bob"});
  EXPECT_TRUE(Last().Active());
  store_.Promote({.model = kModel, .version = 1, .actor = "bob"});  // it is that already
  EXPECT_TRUE(Last().Active());
  store_.Promote({.model = kModel, .version = 3, .actor = "bob"});
  EXPECT_EQ(Last().state, "undone");
  EXPECT_EQ(Last().reason, "@champion was moved to version 3");
  Start();
  store_.Rollback(kModel, "champion", "bob");
  EXPECT_EQ(Last().state, "undone");
  Start();
  store_.Promote({.model = kModel, .version = 2, .actor = "bob"});  // at once, by hand
  EXPECT_EQ(Last().state, "finished");
  EXPECT_EQ(store_.Audit(kModel).back().actor, "bob");
}

TEST_F(Rollouts, OfManyWhoWantTheSameChangeOneMakesIt) {
  const Rollout seen = Start();
  std::atomic<int> done{0};
  std::vector<std::thread> replicas;
  for (int i = 0; i < 8; ++i) {
    replicas.emplace_back([&] {
      Store store(file_);
      done += store.ChangeRollout({.rollout = seen.id,
                                   .revision = seen.revision,
                                   .action = "rollout-finish",
                                   .state = "finished",
                                   .champion = Champion::kPromote,
                                   .actor = "rollout"})
                  ? 1
                  : 0;
    });
  }
  for (std::thread& replica : replicas) replica.join();
  EXPECT_EQ(done, 1);
  EXPECT_EQ(Actions(), (Words{"rollout-start", "rollout-finish", "promote"}));
  EXPECT_FALSE(Change(seen, "rollout-undo", "undone", 0));  // decided on what is past
}

TEST_F(Rollouts, EvidenceIsReplacedAndIsNoChange) {
  const Rollout rollout = Start();
  const int64_t counter = store_.ChangeCounter();
  store_.SaveEvidence(rollout.id, 0, {.replica = "r1", .time = 5, .evidence = {{"n", 1}}});
  store_.SaveEvidence(rollout.id, 0, {.replica = "r1", .time = 6, .evidence = {{"n", 2}}});
  store_.SaveEvidence(rollout.id, 0, {.replica = "r2", .time = 7, .evidence = {{"n", 3}}});
  store_.SaveEvidence(rollout.id, 1, {.replica = "r1", .time = 8, .evidence = {{"n", 4}}});
  const std::vector<RolloutEvidence> evidence = store_.Evidence(rollout.id, 0);
  ASSERT_EQ(evidence.size(), 2u);
  EXPECT_EQ(evidence[0].replica, "r2");
  EXPECT_EQ(evidence[1].evidence["n"], 2);
  EXPECT_EQ(evidence[1].time, 6);
  EXPECT_EQ(store_.ChangeCounter(), counter);
}

}  // namespace
}  // namespace keelrow::track
