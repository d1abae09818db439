#include "rollout/keeper.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "track/database.h"

namespace keelrow::rollout {
namespace {

using namespace std::chrono_literals;

const std::string kModel = "digits";
const Time kStart = Time(1000s);

/// A store with two versions, a canary of two steps, and replicas whose clocks the test turns.
class KeeperTest : public testing::Test {
 protected:
  KeeperTest() {
    for (const char* hash : {"a", "b"}) {
      store_.Register({.model = kModel, .bundle_path = hash, .bundle_hash = hash}, "ann");
    }
    store_.Promote({.model = kModel, .version = 1, .actor = "ann"});
  }
  void Start(const std::string& mode = "canary") {
    const Json plan = {
        {"mode", mode},
        {"steps", {{{"weight", 0.1}, {"hold", "10s"}}, {{"weight", 0.5}, {"hold", "10s"}}}},
        {"slo", {{"samples", 20}, {"window", "5s"}}}};
    store_.StartRollout({.model = kModel, .candidate = 2, .plan = plan, .actor = "ann"});
    began_ = Last().step_began;
  }
  Keeper MakeKeeper(const std::string& replica) {
    return Keeper({.store = folder_.path() / "store.db",
                   .replica = replica,
                   .fault = [this](const std::string&, int) { return fault_; },
                   .on_change = [this](const std::string&, const std::string&) { ++changes_; }});
  }
  /// As the service's thread does it. `second`: since the rollout began, by both clocks.
  void Tick(Keeper& keeper, int second) {
    keeper.Follow(kStart + std::chrono::seconds(second));
    keeper.Judge(began_ + second * 1000, kStart + std::chrono::seconds(second));
    keeper.Follow(kStart + std::chrono::seconds(second));
  }
  void Answer(Keeper& keeper, int second, Result result, int times = 1) {
    const Time now = kStart + std::chrono::seconds(second);
    for (int i = 0; i < times; ++i) {
      for (const Side side : {Side::kStable, Side::kCandidate}) {
        const Result its = side == Side::kStable ? Result::kAnswered : result;
        keeper.Table()->at(kModel)->recorder->End({.side = side, .result = its}, now - 5ms, now);
      }
    }
  }
  track::Rollout Last() { return *store_.LastRollout(kModel); }
  int Champion() { return store_.FindAlias(kModel, "champion")->version; }
  int AuditRows(const std::string& action) {
    int rows = 0;
    for (const track::AuditRow& row : store_.Audit(kModel)) rows += row.action == action ? 1 : 0;
    return rows;
  }

  TemporaryFolder folder_;
  track::Store store_{folder_.path() / "store.db"};
  track::TimeMs began_ = 0;
  std::string fault_;
  int changes_ = 0;
};

TEST_F(KeeperTest, AHealthyCandidateBecomesChampion) {
  Keeper keeper = MakeKeeper("r1");
  Tick(keeper, 0);
  EXPECT_FALSE(keeper.Any());
  Start();
  int second = 0;
  while (Last().step == 0 && second < 30) {
    Tick(keeper, ++second);
    Answer(keeper, second, Result::kAnswered, 5);
  }
  EXPECT_EQ(second, 10);
  EXPECT_EQ(keeper.Table()->at(kModel)->Weight(Last().step_began + 999), 0.1);
  EXPECT_EQ(keeper.Table()->at(kModel)->Weight(Last().step_began + 1000), 0.5);
  began_ = Last().step_began;
  second = 20;
  while (Last().Active() && second < 60) {
    Tick(keeper, ++second);
    if (Last().Active()) Answer(keeper, second, Result::kAnswered, 5);
  }
  EXPECT_EQ(Last().state, "finished");
  EXPECT_EQ(Champion(), 2);
  EXPECT_FALSE(keeper.Any());
  EXPECT_EQ(changes_, 2);
}

TEST_F(KeeperTest, WithoutAnswersNothingAdvances) {
  Start();
  Keeper keeper = MakeKeeper("r1");
  for (int second = 0; second < 100; ++second) Tick(keeper, second);
  EXPECT_EQ(Last().step, 0);
  EXPECT_TRUE(Last().Active());
}

TEST_F(KeeperTest, AFailingCandidateIsUndoneOnceByManyReplicas) {
  Start();
  Keeper one = MakeKeeper("r1");
  Keeper other = MakeKeeper("r2");
  Tick(one, 0);
  Tick(other, 0);
  for (Keeper* keeper : {&one, &other}) Answer(*keeper, 1, Result::kFailed, 50);
  one.Judge(began_ + 1000, kStart + 1s);
  other.Judge(began_ + 1000, kStart + 1s);
  EXPECT_EQ(Last().state, "undone");
  EXPECT_EQ(AuditRows("rollout-undo"), 1);
  EXPECT_EQ(changes_, 1);
  EXPECT_EQ(Champion(), 1);
}

TEST_F(KeeperTest, ReplicasPoolWhatTheyHaveSeen) {
  Start();
  Keeper one = MakeKeeper("r1");
  Keeper other = MakeKeeper("r2");
  Tick(one, 0);
  Tick(other, 0);
  Answer(one, 1, Result::kFailed, 2);  // too few to say anything
  Answer(other, 1, Result::kFailed, 2);
  Tick(one, 1);
  EXPECT_TRUE(Last().Active());
  Tick(other, 1);
  EXPECT_EQ(Last().state, "undone");
}

TEST_F(KeeperTest, WhatAReplicaSaidLongAgoIsNotRecent) {
  Start();
  Keeper keeper = MakeKeeper("r1");
  Tick(keeper, 0);
  Answer(keeper, 1, Result::kAnswered, 5);
  Tick(keeper, 1);
  const auto rows = store_.Evidence(Last().id, 0);
  EXPECT_EQ(Pooled(rows, began_ + 1000).recent.candidate.answered, 5u);
  EXPECT_EQ(Pooled(rows, began_ + 7000).recent.candidate.answered, 0u);
  EXPECT_EQ(Pooled(rows, began_ + 7000).step.candidate.answered, 5u);
  EXPECT_EQ(Pooled(rows, began_ + 1000, "r1").step.candidate.answered, 0u);
}

TEST_F(KeeperTest, ARestartedReplicaGoesOn) {
  Start();
  {
    Keeper keeper = MakeKeeper("r1");
    Tick(keeper, 0);
    Answer(keeper, 1, Result::kAnswered, 50);
    Tick(keeper, 1);
  }
  Keeper again = MakeKeeper("r2");
  Tick(again, 12);
  EXPECT_EQ(Last().step, 0);  // it has not watched long enough itself
  Tick(again, 17);
  EXPECT_EQ(Last().step, 1);  // by what the first one saw
}

TEST_F(KeeperTest, ACandidateThatCannotBeLoadedIsUndone) {
  Start();
  fault_ = "its bundle is damaged";
  Keeper keeper = MakeKeeper("r1");
  Tick(keeper, 0);
  EXPECT_EQ(Last().state, "undone");
  EXPECT_EQ(Last().reason, "it cannot be loaded: its bundle is damaged");
}

TEST_F(KeeperTest, APauseTakesNobodyAway) {
  Start();
  Keeper keeper = MakeKeeper("r1");
  Tick(keeper, 0);
  for (const auto change : {Pause, Resume}) {
    ASSERT_TRUE(store_.ChangeRollout(change(Last(), {.actor = "ann"})));
    keeper.Follow(kStart + 2s);
    EXPECT_EQ(keeper.Table()->at(kModel)->record.revision, Last().revision);
    EXPECT_EQ(keeper.Table()->at(kModel)->Weight(began_ + 1000), 0.1);
  }
}

TEST_F(KeeperTest, AnAbGoesOnUntilSomebodyEndsIt) {
  Start("ab");
  Keeper keeper = MakeKeeper("r1");
  Tick(keeper, 0);
  EXPECT_EQ(keeper.Table()->at(kModel)->Weight(began_), 0);
  EXPECT_EQ(keeper.Table()->at(kModel)->Weight(began_ + 1000), 0.5);
  Answer(keeper, 1, Result::kAnswered, 100);
  Tick(keeper, 1000);
  EXPECT_TRUE(Last().Active());
  EXPECT_TRUE(store_.ChangeRollout(Promote(Last(), {.actor = "ann"})));
  Tick(keeper, 1001);
  EXPECT_FALSE(keeper.Any());
  EXPECT_EQ(Champion(), 2);
}

/// The table cannot be written; the candidate stops answering all the same, and the store is told
/// as soon as it can be.
TEST_F(KeeperTest, AStoreThatCannotBeWrittenDoesNotKeepABadVersionAnswering) {
  Start();
  Keeper keeper = MakeKeeper("r1");
  Tick(keeper, 0);
  const auto live = keeper.Table()->at(kModel);
  Answer(keeper, 1, Result::kFailed, 50);
  track::Database blocker(folder_.path() / "store.db");
  blocker.RunScript(
      "CREATE TRIGGER no BEFORE UPDATE ON rollouts BEGIN SELECT RAISE(ABORT, 'no'); END");
  keeper.Judge(began_ + 1000, kStart + 1s);
  EXPECT_EQ(live->Weight(began_ + 1000), 0);
  EXPECT_TRUE(Last().Active());
  blocker.RunScript("DROP TRIGGER no");
  keeper.Judge(began_ + 60'000, kStart + 60s);  // the bad answers are out of the window
  EXPECT_EQ(Last().state, "undone");
  EXPECT_EQ(AuditRows("rollout-undo"), 1);
}

}  // namespace
}  // namespace keelrow::rollout
