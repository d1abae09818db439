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
                   .absence = [this](const std::string&, int) { return absence_; },
                   .on_change = [this](const std::string&, const std::string&) { ++changes_; },
                   .on_unreadable = [this](const char* what) { ++unreadable_[what]; }});
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
  std::string absence_;
  std::map<std::string, int> unreadable_;
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

/// Damaged in every way that a row can be: each is passed over, and the rollout beside them undone.
TEST_F(KeeperTest, ARowThatCannotBeReadStopsNoOther) {
  track::Database database(folder_.path() / "store.db");
  const std::vector<std::string> damages = {"plan = '{'",     "plan = 'null'", "plan = '[1]'",
                                            "plan = x'00ff'", "step = 7",      "step = -1"};
  for (size_t i = 0; i < damages.size(); ++i) {
    const std::string model = "a" + std::to_string(i);  // before the good one in every order
    for (const char* hash : {"a", "b"}) {
      store_.Register({.model = model, .bundle_path = hash, .bundle_hash = hash}, "ann");
    }
    store_.Promote({.model = model, .version = 1, .actor = "ann"});
    store_.StartRollout({.model = model, .candidate = 2, .actor = "ann"});
    database.RunScript("UPDATE rollouts SET " + damages[i] + " WHERE model = '" + model + "'");
  }
  Start();
  Keeper keeper = MakeKeeper("r1");
  for (int second = 0; second < 3; ++second) Tick(keeper, second);
  EXPECT_EQ(keeper.Table()->size(), 1u);
  EXPECT_EQ(unreadable_["rollout"], static_cast<int>(damages.size())) << "each is counted once";
  Answer(keeper, 3, Result::kFailed, 50);
  Tick(keeper, 3);
  EXPECT_EQ(Last().state, "undone");
  for (size_t i = 0; i < damages.size(); ++i) {  // somebody must be able to end them
    const auto damaged = store_.LastRollout("a" + std::to_string(i));
    EXPECT_TRUE(store_.ChangeRollout(Undo(*damaged, {.actor = "ann"}))) << damages[i];
  }
  EXPECT_TRUE(store_.ActiveRollouts().empty());
}

TEST_F(KeeperTest, EvidenceThatCannotBeReadIsLeftOut) {
  Start();
  Keeper one = MakeKeeper("r1");
  Keeper other = MakeKeeper("r2");
  Tick(one, 0);
  Tick(other, 0);
  Answer(other, 1, Result::kFailed, 2);
  Tick(other, 1);
  for (const char* replica : {"dead1", "dead2"}) {
    store_.SaveEvidence(Last().id, 0, {.replica = replica, .time = began_, .evidence = Json(3)});
  }
  track::Database(folder_.path() / "store.db")
      .RunScript("UPDATE rollout_evidence SET evidence = '{' WHERE replica = 'dead1'");
  Answer(one, 1, Result::kFailed, 2);  // too few by itself
  Tick(one, 1);
  EXPECT_EQ(Last().state, "undone");
  EXPECT_EQ(unreadable_["evidence"], 2);
  EXPECT_EQ(Pooled(store_.Evidence(Last().id, 0), began_ + 1000).unreadable, 2u);
}

/// Nothing can be read; what was read before is kept to, and what this replica sees is judged.
TEST_F(KeeperTest, AStoreThatCannotBeReadIsTriedAgainEverySecond) {
  Start();
  Keeper keeper = MakeKeeper("r1");
  Tick(keeper, 0);
  const auto live = keeper.Table()->at(kModel);
  track::Database breaker(folder_.path() / "store.db");
  breaker.RunScript(
      "ALTER TABLE audit RENAME TO away; ALTER TABLE rollout_evidence RENAME TO gone");
  Tick(keeper, 1);
  EXPECT_EQ(keeper.Table()->at(kModel), live);
  Answer(keeper, 2, Result::kFailed, 50);
  Tick(keeper, 2);
  EXPECT_TRUE(live->stopped);
  EXPECT_EQ(unreadable_["store"], 2) << "once a second";
  breaker.RunScript(
      "ALTER TABLE away RENAME TO audit; ALTER TABLE gone RENAME TO rollout_evidence");
  Tick(keeper, 3);
  EXPECT_EQ(Last().state, "undone");
  EXPECT_EQ(AuditRows("rollout-undo"), 1);
}

TEST_F(KeeperTest, AFileThatIsNoStoreIsOpenedAgainWhenItIsOne) {
  Start();
  const fs::path file = folder_.path() / "other.db";
  WriteFileDurably(file, std::string(4096, 'x'));
  Keeper keeper({.store = file, .replica = "r1"});
  Tick(keeper, 0);
  EXPECT_FALSE(keeper.Any());
  fs::remove(file);
  track::Database(folder_.path() / "store.db").RunScript("VACUUM INTO '" + file.string() + "'");
  keeper.Follow(kStart + 500ms);
  EXPECT_FALSE(keeper.Any()) << "it is not tried all the time";
  Tick(keeper, 1);
  EXPECT_TRUE(keeper.Any());
}

TEST_F(KeeperTest, ACandidateThatIsNotLoadedIsSaidWhileItLasts) {
  Start();
  Keeper keeper = MakeKeeper("r1");
  const auto absent = [&](int second) {
    return Pooled(store_.Evidence(Last().id, 0), began_ + second * 1000).absent;
  };
  absence_ = "evicted";
  for (int second = 0; second < 8; ++second) Tick(keeper, second);  // though nobody asks
  EXPECT_EQ(absent(8), std::vector<std::string>{"evicted"});
  EXPECT_TRUE(absent(60).empty()) << "a replica that says nothing any more";
  absence_.clear();
  Tick(keeper, 8);
  EXPECT_TRUE(absent(8).empty());
  EXPECT_TRUE(Last().Active());
}

}  // namespace
}  // namespace keelrow::rollout
