#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "models/model_for_test.h"
#include "models/repository.h"
#include "track/store.h"

namespace keelrow::models {
namespace {

using testing::HasSubstr;

Clock::time_point Soon() {
  return Clock::now() + std::chrono::seconds(60);
}

/// The registry's bundle `tiny`, a folder with what may follow it, and chains of both.
class ChainTest : public testing::Test {
 protected:
  void AddVersion(uint64_t seed) {
    const fs::path path = fs::path("bundles") / std::to_string(seed);
    const std::string hash = MakeBundle(root() / path, seed);
    store_.Register({.model = kModelName, .bundle_path = path.string(), .bundle_hash = hash},
                    "test");
  }
  void Promote(int version) {
    store_.Promote({.model = kModelName, .version = version, .actor = "test"});
  }
  std::vector<std::unique_ptr<Source>> Parts() const {
    std::vector<std::unique_ptr<Source>> parts;
    parts.push_back(RegistrySource(root() / "store.db", root()));
    parts.push_back(FolderSource(root() / "models"));
    return parts;
  }
  std::unique_ptr<Repository> Start(ChainWishes chains, RepositoryOptions options = {}) {
    options.every = std::chrono::milliseconds(2);
    MakeFolders(root() / "models");
    auto sources = Parts();
    sources.push_back(ChainSource(std::move(chains), Parts()));
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
  static std::string Reason(const Repository& repository, const std::string& model) {
    const auto table = repository.Table();
    const auto found = table->find(model);
    return found == table->end() ? "" : found->second.versions.back().reason;
  }
  static Tensor Input(int64_t rows) {
    Tensor input = Tensor::Zeros(DType::kFloat32, {rows, 1, kEdge, kEdge});
    Random random(3, "input");
    for (float& value : input.As<float>()) value = static_cast<float>(random.Uniform(-1, 1));
    return input;
  }
  /// What the two networks say one after the other, run alone.
  static Tensor ByHand(uint64_t tiny, uint64_t head, const Tensor& input) {
    const engine::Session first(LinearNetwork(tiny, 3));
    return engine::Session(HeadNetwork(head, 3, 2)).Run(first.Run(input));
  }

  fs::path root() const { return folder_.path(); }

  TemporaryFolder folder_;
  track::Store store_{folder_.path() / "store.db"};
  Executor executor_{2};
};

TEST_F(ChainTest, AnswersAsItsPartsOneAfterAnother) {
  AddVersion(1);
  Promote(1);
  MakeFolders(root() / "models");
  WriteFileDurably(root() / "models/head.onnx", HeadNetwork(7, 3, 2));
  const auto repository =
      Start({{"pair", {{.model = kModelName}, {.model = "head"}}}}, {.lane = {.rows_max = 4}});
  Eventually([&] { return repository->Find("pair") != nullptr; });
  const auto chain = repository->Find("pair");
  EXPECT_EQ(chain->version(), "1-1");
  EXPECT_EQ(chain->predictor(), nullptr) << "its end has no labels";
  EXPECT_EQ(chain->session().Inputs()[0].name, "input");
  EXPECT_GT(chain->bytes(), repository->Find(kModelName)->bytes());
  const Tensor input = Input(3);
  std::promise<Expected<std::vector<Tensor>>> done;
  ASSERT_TRUE(chain->Submit(
      {.inputs = {input}, .answer = [&](auto outcome) { done.set_value(std::move(outcome)); }}));
  const Tensor output = done.get_future().get().Value().at(0);
  const Tensor expected = ByHand(1, 7, input);
  ASSERT_EQ(output.shape, expected.shape);
  for (size_t i = 0; i < expected.As<float>().size(); ++i) {
    EXPECT_NEAR(output.As<float>()[i], expected.As<float>()[i], 1e-5);
  }
}

TEST_F(ChainTest, BetweenBundlesItTakesFilesAndGivesTheLastOnesLabels) {
  AddVersion(1);
  Promote(1);
  MakeHeadBundle(root() / "models/head", 7);
  const auto repository = Start({{"pair", {{.model = kModelName}, {.model = "head"}}}});
  Eventually([&] { return repository->Find("pair") != nullptr; });
  const engine::Predictor* predictor = repository->Find("pair")->predictor();
  ASSERT_NE(predictor, nullptr);
  EXPECT_EQ(predictor->manifest().labels, (std::vector<std::string>{"tame", "wild"}));
  EXPECT_EQ(predictor->DecodedKind(), transforms::Kind::kImage);
}

TEST_F(ChainTest, FollowsItsPartsAndNeverMixesVersions) {
  for (const uint64_t seed : {1, 2}) AddVersion(seed);
  Promote(1);
  MakeFolders(root() / "models");
  WriteFileDurably(root() / "models/head.onnx", HeadNetwork(7, 3, 2));
  const auto repository = Start({{"pair", {{.model = kModelName}, {.model = "head"}}}});
  Eventually([&] { return repository->Find("pair") != nullptr; });
  const Tensor input = Input(1);
  const std::map<std::string, Tensor> expected = {{"1-1", ByHand(1, 7, input)},
                                                  {"2-1", ByHand(2, 7, input)}};
  std::atomic<bool> stop{false};
  std::thread swapper([&] {
    for (int i = 0; !stop; ++i) {
      Promote(1 + (i % 2));
      std::this_thread::sleep_for(std::chrono::milliseconds(3));
    }
  });
  std::map<std::string, int> seen;
  const auto end = Soon();
  while ((seen["1-1"] < 20 || seen["2-1"] < 20) && Clock::now() < end) {
    const auto chain = repository->Find("pair");
    ASSERT_NE(chain, nullptr) << "the one before answers until the next is loaded";
    std::promise<Expected<std::vector<Tensor>>> done;
    ASSERT_TRUE(chain->Submit(
        {.inputs = {input}, .answer = [&](auto outcome) { done.set_value(std::move(outcome)); }}));
    EXPECT_EQ(done.get_future().get().Value()[0], expected.at(chain->version()));
    ++seen[chain->version()];
  }
  stop = true;
  swapper.join();
  EXPECT_GE(seen["1-1"], 20);
  EXPECT_GE(seen["2-1"], 20);
}

TEST_F(ChainTest, WhatDoesNotFitIsFoundWhenItIsLoaded) {
  AddVersion(1);
  Promote(1);
  MakeFolders(root() / "models");
  WriteFileDurably(root() / "models/wide.onnx", HeadNetwork(7, 5, 2));
  const auto repository =
      Start({{"misfit", {{.model = kModelName}, {.model = "wide"}}},
             {"unfed", {{.model = kModelName}, {.model = "wide", .inputs = {{"x", "absent"}}}}},
             {"unknown", {{.model = kModelName}, {.model = "wide", .inputs = {{"y", "output"}}}}},
             {"partless", {{.model = kModelName}, {.model = "absent"}}}});
  for (const auto& [chain, reason] :
       {std::pair{"misfit", "does not fit"}, std::pair{"unfed", "is called `absent`"},
        std::pair{"unknown", "does not fit"}}) {
    Eventually([&, name = chain] { return !Reason(*repository, name).empty(); });
    EXPECT_THAT(Reason(*repository, chain), HasSubstr(reason)) << chain;
    EXPECT_EQ(repository->Find(chain), nullptr);
  }
  EXPECT_FALSE(repository->Table()->contains("partless"));
  EXPECT_NE(repository->Find(kModelName), nullptr) << "the others answer";
}

TEST_F(ChainTest, InputsMayBeFedByNameOfModelAndOutput) {
  AddVersion(1);
  Promote(1);
  MakeFolders(root() / "models");
  WriteFileDurably(root() / "models/head.onnx", HeadNetwork(7, 3, 3));
  WriteFileDurably(root() / "models/other.onnx", HeadNetwork(8, 3, 2));
  // `other` is fed by the first part, over the head of the second.
  const auto repository = Start({{"skip",
                                  {{.model = kModelName},
                                   {.model = "head"},
                                   {.model = "other", .inputs = {{"x", "tiny.output"}}}}}});
  Eventually([&] { return repository->Find("skip") != nullptr; });
  const Tensor input = Input(1);
  EXPECT_EQ(repository->Find("skip")->session().Run(input), ByHand(1, 8, input));
}

}  // namespace
}  // namespace keelrow::models
