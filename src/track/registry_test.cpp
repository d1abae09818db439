#include <gtest/gtest.h>

#include "base/files.h"
#include "track/database.h"
#include "track/store.h"

namespace keelrow::track {
namespace {

template <class F>
std::optional<Code> CodeOf(F call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return std::nullopt;
}

class Registry : public testing::Test {
 protected:
  int Register(const std::string& hash, const std::string& model = "digits") {
    return store_
        .Register({.model = model,
                   .run = "r1",
                   .bundle_path = "bundles/" + hash,
                   .bundle_hash = hash,
                   .metrics = {{"test.accuracy", 0.99}},
                   .gate = {{"passed", true}}},
                  "ann")
        .version;
  }
  std::optional<int> Promote(int version, const std::string& alias = "champion") {
    return store_.Promote({.model = "digits",
                           .version = version,
                           .alias = alias,
                           .actor = "ann",
                           .reason = "better"});
  }
  int Champion() { return store_.FindAlias("digits", "champion")->version; }

  TemporaryFolder folder_;
  fs::path file_ = folder_.path() / "store.db";
  Store store_{file_};
};

TEST_F(Registry, VersionsCountFromOneForEachModel) {
  EXPECT_EQ(Register("a"), 1);
  EXPECT_EQ(Register("b"), 2);
  EXPECT_EQ(Register("a", "other"), 1);
  EXPECT_EQ(Register("a"), 1);  // the same bundle again
  EXPECT_EQ(store_.Models(), (std::vector<std::string>{"digits", "other"}));
  EXPECT_EQ(store_.Versions("digits").size(), 2u);
  const ModelVersion version = store_.GetVersion("digits", 2);
  EXPECT_EQ(version.bundle_path, "bundles/b");
  EXPECT_EQ(version.metrics["test.accuracy"], 0.99);
  EXPECT_EQ(version.gate["passed"], true);
  EXPECT_EQ(version.run, "r1");
  EXPECT_TRUE(version.aliases.empty());
}

TEST_F(Registry, ANewVerdictOnTheSameBundleIsKeptAndAudited) {
  NewVersion version{
      .model = "digits", .bundle_path = "x", .bundle_hash = "a", .gate = {{"passed", false}}};
  store_.Register(version, "run");
  version.gate = {{"passed", true}};
  EXPECT_EQ(store_.Register(version, "run").version, 1);
  EXPECT_EQ(store_.GetVersion("digits", 1).gate, (Json{{"passed", true}}));
  EXPECT_EQ(store_.Audit("digits").back().action, "judge");
}

TEST_F(Registry, RollbackWalksBackThroughHolders) {
  for (const char* hash : {"a", "b", "c", "d"}) Register(hash);
  EXPECT_EQ(store_.FindAlias("digits", "champion"), std::nullopt);
  EXPECT_EQ(Promote(1), std::nullopt);
  EXPECT_EQ(Promote(2), 1);
  EXPECT_EQ(Promote(2), 2);  // nothing changes, so a rollback still reaches 1
  EXPECT_EQ(Promote(3), 2);
  EXPECT_EQ(store_.GetVersion("digits", 3).aliases, (std::vector<std::string>{"champion"}));
  EXPECT_EQ(store_.GetVersion("digits", 2).aliases, (std::vector<std::string>{}));
  EXPECT_EQ(store_.Rollback("digits", "champion", "bob"), 2);
  EXPECT_EQ(Promote(4), 2);
  EXPECT_EQ(store_.Rollback("digits", "champion", "bob"), 2);
  EXPECT_EQ(store_.Rollback("digits", "champion", "bob"), 1);
  EXPECT_EQ(CodeOf([&] { store_.Rollback("digits", "champion", "bob"); }), Code::kConflict);
  EXPECT_EQ(Champion(), 1);
}

TEST_F(Registry, AliasesDoNotDisturbEachOther) {
  Register("a");
  Register("b");
  Promote(1);
  Promote(2, "challenger");
  Promote(1, "challenger");
  EXPECT_EQ(store_.GetVersion("digits", 1).aliases,
            (std::vector<std::string>{"challenger", "champion"}));
  EXPECT_EQ(store_.Rollback("digits", "challenger", "bob"), 2);
  EXPECT_EQ(Champion(), 1);
}

TEST_F(Registry, EveryChangeStandsInTheAudit) {
  Register("a");
  Register("b");
  Register("b");
  Promote(1);
  Promote(2);
  Promote(2);
  store_.Rollback("digits", "champion", "bob");
  Register("z", "other");
  const std::vector<AuditRow> audit = store_.Audit("digits");
  ASSERT_EQ(audit.size(), 5u);
  EXPECT_EQ(audit[0].action, "register");
  EXPECT_EQ(audit[0].after["version"], 1);
  EXPECT_EQ(audit[2].action, "promote");
  EXPECT_EQ(audit[2].before["version"], nullptr);
  EXPECT_EQ(audit[3].actor, "ann");
  EXPECT_EQ(audit[3].reason, "better");
  EXPECT_EQ(audit[3].before, (Json{{"alias", "champion"}, {"version", 1}}));
  EXPECT_EQ(audit[3].after["version"], 2);
  EXPECT_EQ(audit[3].after["gate"]["passed"], true);
  EXPECT_EQ(audit[4].action, "rollback");
  EXPECT_EQ(audit[4].actor, "bob");
  EXPECT_EQ(audit[4].after["version"], 1);
  EXPECT_GT(audit[4].time, 0);
  EXPECT_EQ(store_.Audit().size(), 6u);
}

TEST_F(Registry, TheAuditCannotBeChanged) {
  Register("a");
  Database database(file_);
  EXPECT_TRUE(CodeOf([&] { database.Execute("UPDATE audit SET actor = 'eve'"); }));
  EXPECT_TRUE(CodeOf([&] { database.Execute("DELETE FROM audit"); }));
  EXPECT_EQ(store_.Audit().at(0).actor, "ann");
}

TEST_F(Registry, OtherConnectionsSeeTheCounterGrow) {
  Store watcher(file_);
  int64_t seen = watcher.ChangeCounter();
  const auto grew = [&] { return std::exchange(seen, watcher.ChangeCounter()) < seen; };
  Register("a");
  EXPECT_TRUE(grew());
  Register("a");
  EXPECT_FALSE(grew());
  Promote(1);
  EXPECT_TRUE(grew());
  store_.LogMetrics(store_.CreateRun({.project = "p"}), 1, {{"a", 1}});
  EXPECT_FALSE(grew());
}

TEST_F(Registry, WhatIsMissingIsNamed) {
  Register("a");
  EXPECT_EQ(CodeOf([&] { store_.GetVersion("digits", 2); }), Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { store_.Versions("nothing"); }), Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { store_.Promote({.model = "digits", .version = 7, .actor = "a"}); }),
            Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { store_.Rollback("nothing", "champion", "a"); }), Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { store_.Rollback("digits", "champion", "a"); }), Code::kConflict);
  EXPECT_EQ(store_.FindAlias("nothing", "champion"), std::nullopt);
  try {
    store_.GetVersion("digist", 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kNotFound);
    EXPECT_NE(error.hint().find("`digits`"), std::string::npos) << error.what();
  }
  EXPECT_TRUE(store_.Audit("nothing").empty());
}

TEST_F(Registry, NamesThatWouldEscapeAreRefused) {
  for (const std::string& name :
       {std::string(), std::string("a/b"), std::string("..\\x"), std::string(".."),
        std::string("a@b"), std::string("a\nb"), std::string(129, 'a'), std::string("a\0b", 3)}) {
    EXPECT_EQ(CodeOf([&] { Register("a", name); }), Code::kBadValue) << name;
  }
  Register("a");
  EXPECT_EQ(CodeOf([&] { Promote(1, "@champion"); }), Code::kBadValue);
}

TEST_F(Registry, WhatIsNoModelsChangeStandsInTheAuditToo) {
  Register("a");
  store_.Record({.actor = "ann", .action = "issue", .after = {{"id", "t1"}}, .reason = "demo"});
  const std::vector<AuditRow> audit = store_.Audit();
  ASSERT_EQ(audit.size(), 2u);
  EXPECT_EQ(audit[1].actor, "ann");
  EXPECT_EQ(audit[1].action, "issue");
  EXPECT_EQ(audit[1].model, "");
  EXPECT_EQ(audit[1].after, (Json{{"id", "t1"}}));
  EXPECT_EQ(audit[1].reason, "demo");
  EXPECT_EQ(store_.Audit("digits").size(), 1u);
}

}  // namespace
}  // namespace keelrow::track
