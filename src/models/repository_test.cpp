#include "models/repository.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "models/model_for_test.h"
#include "track/store.h"

namespace keelrow::models {
namespace {

Clock::time_point Soon() {
  return Clock::now() + std::chrono::seconds(60);
}

class RepositoryTest : public testing::Test {
 protected:
  int AddVersion(uint64_t seed) {
    const fs::path path = fs::path("bundles") / std::to_string(seed);
    const std::string hash = MakeBundle(root() / path, seed);
    return store_
        .Register({.model = kModelName, .bundle_path = path.string(), .bundle_hash = hash}, "test")
        .version;
  }
  void Promote(int version) {
    store_.Promote({.model = kModelName, .version = version, .actor = "test"});
  }
  void AddFile(const fs::path& file, uint64_t seed) {
    MakeFolders((models() / file).parent_path());
    WriteFileDurably(models() / file, LinearNetwork(seed, 3));
  }

  std::unique_ptr<Repository> Start(RepositoryOptions options = {}) {
    options.every = std::chrono::milliseconds(2);
    options.retry = std::chrono::milliseconds(20);
    std::vector<std::unique_ptr<Source>> sources;
    sources.push_back(RegistrySource(root() / "store.db", root()));
    MakeFolders(models());
    sources.push_back(FolderSource(models()));
    return std::make_unique<Repository>(std::move(sources), options, executor_);
  }

  template <class F>
  static void Eventually(const F& holds) {
    const auto end = Soon();
    while (!holds()) {
      ASSERT_LT(Clock::now(), end) << "it never came";
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  fs::path root() const { return folder_.path(); }
  fs::path models() const { return folder_.path() / "models"; }

  TemporaryFolder folder_;
  track::Store store_{folder_.path() / "store.db"};
  Executor executor_{2};
};

TEST_F(RepositoryTest, ServesTheRegistryAndFollowsItsAlias) {
  Promote(AddVersion(1));
  const auto repository = Start();
  Eventually([&] { return repository->Find(kModelName) != nullptr; });
  EXPECT_TRUE(repository->Ready());
  EXPECT_EQ(repository->Find(kModelName)->version(), "1");
  EXPECT_EQ(repository->Find(kModelName, "champion")->version(), "1");
  EXPECT_EQ(repository->Find("other"), nullptr);
  Promote(AddVersion(2));
  Eventually([&] { return repository->Find(kModelName)->version() == "2"; });
  EXPECT_EQ(repository->Find(kModelName, "1"), nullptr) << "nobody needs its memory";
  EXPECT_EQ(repository->FindOrLoad(kModelName, "1", Soon())->version(), "1");
}

TEST_F(RepositoryTest, AVersionThatCannotBeLoadedLeavesTheOldOneAnswering) {
  Promote(AddVersion(1));
  const auto repository = Start();
  Eventually([&] { return repository->Find(kModelName) != nullptr; });
  const int bad = AddVersion(2);
  WriteFileDurably(root() / "bundles" / "2" / bundle::kNetworkFile, "damaged");
  Promote(bad);
  Eventually([&] {
    const auto table = repository->Table();
    const Version* version = table->at(kModelName).Find(std::to_string(bad));
    return version != nullptr && version->state == State::kFailed;
  });
  EXPECT_EQ(repository->Find(kModelName)->version(), "1");
  WriteFileDurably(root() / "bundles" / "2" / bundle::kNetworkFile, LinearNetwork(2, 3));
  Eventually([&] { return repository->Find(kModelName)->version() == "2"; });
}

TEST_F(RepositoryTest, ACandidateIsLoadedAndKeptWhileItIsRolledOut) {
  Promote(AddVersion(1));
  AddVersion(2);
  const auto repository = Start({.load = Load::kOnDemand});
  Eventually([&] { return repository->Table()->contains(kModelName); });
  EXPECT_EQ(repository->Find(kModelName, "2"), nullptr);
  const track::Rollout rollout =
      store_.StartRollout({.model = kModelName, .candidate = 2, .actor = "test"});
  Eventually([&] { return repository->Find(kModelName, "2") != nullptr; });
  EXPECT_EQ(repository->Table()->find(kModelName)->second.candidate, "2");
  EXPECT_EQ(repository->FindOrLoad(kModelName, "", Soon())->version(), "1");
  ASSERT_TRUE(store_.ChangeRollout({.rollout = rollout.id,
                                    .revision = rollout.revision,
                                    .action = "rollout-undo",
                                    .state = "undone",
                                    .actor = "test"}));
  Eventually([&] { return repository->Find(kModelName, "2") == nullptr; });
}

/// Nobody's request would bring it back: those of its share are answered by the champion.
TEST_F(RepositoryTest, OthersThatNeedMemoryDoNotDriveACandidateOut) {
  Promote(AddVersion(1));
  AddVersion(2);
  for (const int i : {1, 2, 3}) AddFile(fmt::format("m{}.onnx", i), i);
  const uint64_t each = 2 * fs::file_size(models() / "m1.onnx");
  const auto repository = Start({.load = Load::kOnDemand, .memory_max = 3 * each});
  store_.StartRollout({.model = kModelName, .candidate = 2, .actor = "test"});
  Eventually([&] { return repository->Find(kModelName, "2") != nullptr; });
  for (int round = 0; round < 3; ++round) {
    for (const std::string name : {"m1", "m2", "m3"}) {
      EXPECT_NE(repository->FindOrLoad(name, "", Soon()), nullptr);
      EXPECT_NE(repository->FindOrLoad(kModelName, "", Soon()), nullptr);
      const auto table = repository->Table();  // which counts as no use of it
      EXPECT_NE(table->at(kModelName).Find("2")->served, nullptr) << name;
    }
  }
}

TEST_F(RepositoryTest, ACandidateThatHadToGoComesBackWhenThereIsRoom) {
  Promote(AddVersion(1));
  AddVersion(2);
  AddFile("large.onnx", 1);
  WriteFileDurably(models() / "large.onnx", LinearNetwork(1, 12));
  const uint64_t each = 2 * fs::file_size(root() / "bundles" / "1" / bundle::kNetworkFile);
  ASSERT_GT(2 * fs::file_size(models() / "large.onnx"), 2 * each);
  std::atomic<int> loaded{0};
  const auto repository =
      Start({.load = Load::kOnDemand, .memory_max = 2 * each, .on_loaded = [&](const auto& model) {
               loaded += model.version() == "2" ? 1 : 0;
             }});
  store_.StartRollout({.model = kModelName, .candidate = 2, .actor = "test"});
  Eventually([&] { return loaded == 1; });
  EXPECT_NE(repository->FindOrLoad("large", "", Soon()), nullptr);  // it needs all there is
  Eventually([&] { return loaded == 2; });
  EXPECT_NE(repository->Find(kModelName, "2"), nullptr);
}

/// Else the two would drive each other out for as long as the rollout goes on.
TEST_F(RepositoryTest, ACandidateDoesNotTakeThePlaceOfTheChampion) {
  Promote(AddVersion(1));
  AddVersion(2);
  const uint64_t each = 2 * fs::file_size(root() / "bundles" / "1" / bundle::kNetworkFile);
  const auto repository = Start({.load = Load::kOnDemand, .memory_max = 2 * each - 1});
  Eventually([&] { return repository->Table()->contains(kModelName); });
  const auto champion = repository->FindOrLoad(kModelName, "", Soon());
  store_.StartRollout({.model = kModelName, .candidate = 2, .actor = "test"});
  const auto candidate = [&] { return *repository->Table()->at(kModelName).Find("2"); };
  Eventually([&] { return candidate().reason.find("no memory") != std::string::npos; });
  EXPECT_EQ(candidate().state, State::kUnloaded) << "a failure would undo the rollout";
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // it is tried again every 20
  EXPECT_EQ(repository->Find(kModelName, "2"), nullptr);
  EXPECT_EQ(repository->Find(kModelName), champion);
}

TEST_F(RepositoryTest, ServesAFolderOfNetworksAndBundles) {
  AddFile("plain.onnx", 1);
  AddFile("numbered/2/model.onnx", 2);
  AddFile("numbered/10/model.onnx", 3);
  AddFile(".hidden/model.onnx", 4);
  AddFile("no name!/model.onnx", 5);
  MakeBundle(models() / "whole", 6);
  fs::create_directory_symlink("/etc", models() / "link");
  const auto repository = Start();
  Eventually([&] { return repository->Ready(); });
  std::vector<std::string> names;
  for (const auto& [name, model] : *repository->Table()) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"numbered", "plain", "whole"}));
  EXPECT_EQ(repository->Find("numbered")->version(), "10") << "by number, not by letter";
  EXPECT_EQ(repository->Find("plain")->predictor(), nullptr);
  EXPECT_NE(repository->Find("whole")->predictor(), nullptr);
  AddFile("numbered/11/model.onnx", 7);
  Eventually([&] { return repository->Find("numbered")->version() == "11"; });
}

TEST_F(RepositoryTest, AModelMayHaveALaneOfItsOwn) {
  AddFile("own/1/model.onnx", 1);
  AddFile("other/1/model.onnx", 2);
  const auto repository =
      Start({.lane = {.rows_max = 2}, .lanes = {{"own", {.rows_max = 8, .threads = 2}}}});
  Eventually([&] { return repository->Find("own") && repository->Find("other"); });
  EXPECT_EQ(repository->Find("own")->session().RowsMax(), 8);
  EXPECT_EQ(repository->Find("other")->session().RowsMax(), 2);
}

TEST_F(RepositoryTest, LoadsUnloadsAndSetsTheDefaultOnDemand) {
  AddFile("m/1/model.onnx", 1);
  AddFile("m/2/model.onnx", 2);
  const auto repository = Start();
  Eventually([&] { return repository->Ready(); });
  repository->LoadVersion("m", "1", Soon());
  EXPECT_NE(repository->Find("m", "1"), nullptr);
  repository->SetDefault("m", "1", "test", Soon());
  EXPECT_EQ(repository->Find("m")->version(), "1");
  repository->Unload("m", "", Soon());
  EXPECT_EQ(repository->Find("m"), nullptr);
  AddFile("n/1/model.onnx", 1);  // a change, which makes it look again
  Eventually([&] { return repository->Find("n") != nullptr; });
  EXPECT_EQ(repository->Find("m"), nullptr) << "it was unloaded on purpose";
  EXPECT_THROW(repository->LoadVersion("m", "7", Soon()), Error);
  EXPECT_THROW(repository->LoadVersion("none", "", Soon()), Error);
}

TEST_F(RepositoryTest, OnDemandWithinAMemoryBudgetTheLongestUnusedGoes) {
  for (const int i : {1, 2, 3}) AddFile(fmt::format("m{}.onnx", i), i);
  const uint64_t each = 2 * fs::file_size(models() / "m1.onnx");
  const auto repository = Start({.load = Load::kOnDemand, .memory_max = 2 * each});
  Eventually([&] { return repository->Table()->size() == 3; });
  EXPECT_EQ(repository->Find("m1"), nullptr);
  EXPECT_NE(repository->FindOrLoad("m1", "", Soon()), nullptr);
  EXPECT_NE(repository->FindOrLoad("m2", "", Soon()), nullptr);
  repository->Find("m1");
  repository->FindOrLoad("m3", "", Soon());
  EXPECT_NE(repository->Find("m1"), nullptr);
  EXPECT_EQ(repository->Find("m2"), nullptr);
}

TEST_F(RepositoryTest, WhatCannotBeLoadedOnDemandIsOurFaultAndIsTriedAgain) {
  MakeFolders(models());
  WriteFileDurably(models() / "m1.onnx", "no network");
  std::atomic<int> failures{0};
  const auto repository =
      Start({.load = Load::kOnDemand, .on_failure = [&](const std::string& model) {
               EXPECT_EQ(model, "m1");
               ++failures;
             }});
  Eventually([&] { return repository->Table()->contains("m1"); });
  for (int asked = 0; asked < 3; ++asked) {
    try {
      repository->FindOrLoad("m1", "", Soon());
      FAIL() << "it was loaded";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kOverloaded);
      EXPECT_EQ(error.message(), "`m1` cannot be loaded at present") << "no file of ours";
    }
  }
  EXPECT_EQ(failures, 1) << "the same failure is counted once";
  AddFile("m1.onnx", 1);
  Eventually([&] { return repository->Table()->at("m1").Find("")->state == State::kUnloaded; });
  EXPECT_NE(repository->FindOrLoad("m1", "", Soon()), nullptr);
}

TEST_F(RepositoryTest, AnswersAreTheVersionsOwnWhileItIsExchanged) {
  for (const uint64_t seed : {1, 2}) AddVersion(seed);
  Promote(1);
  const auto repository = Start({.lane = {.rows_max = 4}});
  Eventually([&] { return repository->Find(kModelName) != nullptr; });
  const Tensor input = Tensor::Zeros(DType::kFloat32, {1, 1, kEdge, kEdge});
  std::atomic<bool> stop{false};
  std::thread swapper([&] {
    for (int i = 0; !stop; ++i) {
      Promote(1 + (i % 2));
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
  });
  for (int i = 0; i < 300; ++i) {
    const auto model = repository->Find(kModelName);
    ASSERT_NE(model, nullptr);
    std::promise<Expected<std::vector<Tensor>>> done;
    ASSERT_TRUE(model->Submit(
        {.inputs = {input}, .answer = [&](auto outcome) { done.set_value(std::move(outcome)); }}));
    EXPECT_EQ(done.get_future().get().Value()[0], model->session().Run(input));
  }
  stop = true;
  swapper.join();
}

}  // namespace
}  // namespace keelrow::models
