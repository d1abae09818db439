#include "track/store.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <set>
#include <thread>

#include "base/files.h"
#include "track/database.h"

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

class StoreTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  fs::path file_ = folder_.path() / "deep" / "store.db";
};

TEST_F(StoreTest, ARunComesBackWhole) {
  std::string id;
  {
    Store store(file_);
    id = store.CreateRun({.project = "digits",
                          .parameters = {{"train.epochs", "8"}},
                          .tags = {{"data", "sha256:1"}}});
    store.LogMetrics(id, 1, {{"loss", 2.5}, {"accuracy", 0.5}});
    store.LogMetrics(id, 2, {{"loss", 1.5}});
    store.LogMetrics(id, 2, {{"loss", 1.25}});  // a resumed step
    store.RecordStep(id, {.name = "train", .key = "k1", .status = "ran", .seconds = 3.5});
    store.RecordStep(id, {.name = "report", .key = "k2", .status = "cached", .seconds = 0.1});
    store.LogArtifact(id, {.name = "report", .path = "r.html", .sha256 = "ab", .size = 7});
    store.SetTag(id, "command", "run");
    store.FinishRun(id, "finished");
  }
  const track::Run run = Store(file_).GetRun(id);
  EXPECT_EQ(run.project, "digits");
  EXPECT_EQ(run.status, "finished");
  EXPECT_GE(run.ended, run.started);
  EXPECT_EQ(run.parameters.at("train.epochs"), "8");
  EXPECT_EQ(run.tags,
            (std::map<std::string, std::string>{{"command", "run"}, {"data", "sha256:1"}}));
  EXPECT_EQ(run.metrics, (std::map<std::string, double>{{"accuracy", 0.5}, {"loss", 1.25}}));
  ASSERT_EQ(run.steps.size(), 2u);
  EXPECT_EQ(run.steps[0].name, "train");
  EXPECT_EQ(run.steps[1].status, "cached");
  ASSERT_EQ(run.artifacts.size(), 1u);
  EXPECT_EQ(run.artifacts[0].size, 7u);
  EXPECT_EQ(Store(file_).MetricHistory(id).size(), 3u);
}

TEST_F(StoreTest, NumbersComeBackExactly) {
  Store store(file_);
  const std::string id = store.CreateRun({.project = "p"});
  store.LogMetrics(id, 0, {{"tiny", 5e-324}, {"third", 1.0 / 3}, {"inf", INFINITY}, {"nan", NAN}});
  const auto metrics = store.GetRun(id).metrics;
  EXPECT_EQ(metrics.at("tiny"), 5e-324);
  EXPECT_EQ(metrics.at("third"), 1.0 / 3);
  EXPECT_EQ(metrics.at("inf"), INFINITY);
  EXPECT_TRUE(std::isnan(metrics.at("nan")));
}

TEST_F(StoreTest, RunsAreFoundByPrefixAndLast) {
  Store store(file_);
  EXPECT_EQ(CodeOf([&] { store.GetRun("last"); }), Code::kNotFound);
  std::set<std::string> ids;
  std::string newest;
  for (int i = 0; i < 20; ++i) ids.insert(newest = store.CreateRun({.project = i < 5 ? "a" : "b"}));
  EXPECT_EQ(ids.size(), 20u);
  EXPECT_EQ(store.ListRuns().size(), 20u);
  EXPECT_EQ(store.ListRuns("a").size(), 5u);
  EXPECT_EQ(store.ListRuns("b", 3).size(), 3u);
  store.FinishRun(newest, "finished");
  EXPECT_EQ(store.RunningRuns().size(), 19u);
  EXPECT_EQ(store.GetRun("last").id, store.ListRuns().front().id);
  EXPECT_EQ(store.GetRun(newest.substr(0, 12)).id, newest);
  EXPECT_EQ(CodeOf([&] { store.GetRun(newest.substr(0, 2)); }), Code::kBadValue);
  EXPECT_EQ(CodeOf([&] { store.GetRun("zzzz"); }), Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { store.GetRun(""); }), Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { store.GetRun("%"); }), Code::kNotFound);
  try {
    std::string mistyped = newest;
    mistyped.back() = mistyped.back() == 'u' ? 'i' : 'u';  // letters that no id has
    store.GetRun(mistyped);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.hint().find("did you mean"), std::string::npos) << error.what();
  }
}

TEST_F(StoreTest, IdsSortByTime) {
  Store store(file_);
  const std::string first = store.CreateRun({.project = "p"});
  const TimeMs started = store.GetRun(first).started;
  std::string later = first;
  while (store.GetRun(later).started == started) later = store.CreateRun({.project = "p"});
  EXPECT_LT(first, later);
}

TEST_F(StoreTest, UnknownRunsTakeNothing) {
  Store store(file_);
  EXPECT_EQ(CodeOf([&] { store.LogMetrics("x", 0, {{"a", 1}}); }), Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { store.SetTag("x", "a", "b"); }), Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { store.RecordStep("x", {}); }), Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { store.LogArtifact("x", {}); }), Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { store.FinishRun("x", "finished"); }), Code::kNotFound);
  EXPECT_EQ(CodeOf([&] { store.FinishRun("x", "exploded"); }), Code::kBadValue);
}

TEST_F(StoreTest, TheLastDurationOfAStep) {
  Store store(file_);
  EXPECT_EQ(store.LastStepSeconds("p", "train"), std::nullopt);
  const std::string a = store.CreateRun({.project = "p"});
  const std::string b = store.CreateRun({.project = "other"});
  store.RecordStep(a, {.name = "train", .status = "ran", .seconds = 10});
  store.RecordStep(b, {.name = "train", .status = "ran", .seconds = 99});
  store.RecordStep(a, {.name = "train", .status = "ran", .seconds = 12});
  store.RecordStep(a, {.name = "train", .status = "cached", .seconds = 0});
  EXPECT_EQ(store.LastStepSeconds("p", "train"), 12);
}

TEST_F(StoreTest, ManyWritersLoseNothing) {
  constexpr int kWriters = 8;
  constexpr int kEach = 25;
  std::vector<std::jthread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back(
        [this] {  // a connection of its own each, as processes have; also the first
          Store store(file_);
          for (int i = 0; i < kEach; ++i) {
            store.LogMetrics(store.CreateRun({.project = "p"}), i, {{"x", i}});
          }
        });
  }
  writers.clear();
  Store store(file_);
  EXPECT_EQ(store.ListRuns("p", 10'000).size(), size_t{kWriters * kEach});
  store.Check();
}

TEST_F(StoreTest, OneStoreServesManyThreads) {
  Store store(file_);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 25; ++i) store.CreateRun({.project = "p"});
      });
    }
  }
  EXPECT_EQ(store.ListRuns("p", 1000).size(), 100u);
}

TEST_F(StoreTest, ForeignAndDamagedFiles) {
  MakeFolders(file_.parent_path());
  WriteFileDurably(file_, "this is not a database, but it is long enough to be looked at as one");
  EXPECT_EQ(CodeOf([&] { Store store(file_); }), Code::kCorrupt);
  fs::remove(file_);
  Database(file_).RunScript("CREATE TABLE somebody (x)");
  EXPECT_EQ(CodeOf([&] { Store store(file_); }), Code::kCorrupt);
  fs::remove(file_);
  EXPECT_EQ(CodeOf([&] { Store store(file_.parent_path()); }), Code::kPermission);
}

TEST_F(StoreTest, ANewerFormatIsLeftAlone) {
  Store{file_};
  Database(file_).RunScript("PRAGMA user_version = 999");
  EXPECT_EQ(CodeOf([&] { Store store(file_); }), Code::kUnsupported);
}

TEST_F(StoreTest, AnOverwrittenPageIsFound) {
  {
    Store store(file_);
    for (int i = 0; i < 50; ++i) store.CreateRun({.project = std::string(500, 'p')});
  }
  std::string bytes = ReadFile(file_);
  for (size_t i = 4096 * 3; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31);
  WriteFileDurably(file_, bytes);
  EXPECT_EQ(CodeOf([&] { Store(file_).Check(); }), Code::kCorrupt);
}

TEST_F(StoreTest, AFullDiskLosesOnlyWhatWasRefused) {
  Store store(file_);
  const std::string kept = store.CreateRun({.project = "kept"});
  // The kernel refuses what would make a file longer, as a full disk does.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{.rlim_cur = 256 << 10, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  std::optional<Code> refusal;
  size_t acknowledged = 0;
  for (; !refusal && acknowledged < 1000; ++acknowledged) {
    refusal = CodeOf([&] { store.CreateRun({.project = std::string(4000, 'x')}); });
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(refusal, Code::kDiskFull);
  --acknowledged;
  EXPECT_GT(acknowledged, 0u);
  store.CreateRun({.project = "after"});
  Store reopened(file_);
  reopened.Check();
  EXPECT_EQ(reopened.GetRun(kept).project, "kept");
  EXPECT_EQ(reopened.ListRuns({}, 10'000).size(), acknowledged + 2);
}

TEST_F(StoreTest, AFolderWithoutWritePermission) {
  MakeFolders(file_.parent_path());
  fs::permissions(folder_.path(), fs::perms::all);
  fs::permissions(file_.parent_path(), fs::perms(0555));
  const uid_t user = ::geteuid();
  if (user == 0) {  // to root everything is permitted
    ASSERT_EQ(::seteuid(65534), 0);
  }
  const auto code = CodeOf([&] { Store store(file_); });
  ASSERT_EQ(::seteuid(user), 0);
  EXPECT_EQ(code, Code::kPermission);
}

}  // namespace
}  // namespace keelrow::track
