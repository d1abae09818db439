#include "train/loader.h"

#include <gtest/gtest.h>

#include <future>

#include "base/error.h"
#include "base/random.h"
#include "base/stop.h"

namespace keelrow::train {
namespace {

constexpr uint64_t kSeed = 11;

/// A pure function of the example that takes unequal time, so that threads overtake each other.
Loader::Row Prepare(size_t example) {
  Random random(kSeed, "row", {example});
  std::vector<float> values(16);
  const uint64_t rounds = random.Below(2000);
  for (uint64_t i = 0; i < rounds; ++i) random.Next();
  for (float& value : values) value = static_cast<float>(random.Uniform());
  return {.input = Tensor::Of({4, 4}, values), .label = static_cast<int64_t>(example)};
}

std::vector<Batch> LoadAll(const Batches& batches, int threads) {
  Loader loader(batches, Prepare, {.threads = threads});
  std::vector<Batch> all;
  while (auto batch = loader.Next()) all.push_back(std::move(*batch));
  return all;
}

TEST(Loader, SameBytesForAnyNumberOfThreads) {
  const Batches batches = ShuffledBatches({.count = 203, .batch_size = 8}, kSeed, 0);
  const std::vector<Batch> one = LoadAll(batches, 1);
  ASSERT_EQ(one.size(), batches.size());
  EXPECT_EQ(one[0].input.shape, (std::vector<int64_t>{one[0].size(), 4, 4}));
  EXPECT_EQ(static_cast<size_t>(one[0].labels.As<int64_t>()[0]), batches[0][0]);
  for (const int threads : {2, 5, 64}) {
    SCOPED_TRACE(threads);
    const std::vector<Batch> many = LoadAll(batches, threads);
    ASSERT_EQ(many.size(), one.size());
    for (size_t i = 0; i < one.size(); ++i) {
      EXPECT_EQ(many[i].input, one[i].input);
      EXPECT_EQ(many[i].labels, one[i].labels);
    }
  }
}

TEST(Loader, AFailureComesOutInItsPlace) {
  const auto prepare = [](size_t example) -> Loader::Row {
    if (example == 5) throw Error(Code::kBadExample, "example 5 is bad");
    return Prepare(example);
  };
  Loader loader(OrderedBatches({.count = 9, .batch_size = 3}), prepare, {.threads = 2});
  EXPECT_TRUE(loader.Next().has_value());
  try {
    loader.Next();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kBadExample);
  }
  EXPECT_TRUE(loader.Next().has_value());
  EXPECT_FALSE(loader.Next().has_value());
}

TEST(Loader, EndsWithoutBeingReadToTheEnd) {
  Loader loader(OrderedBatches({.count = 1000, .batch_size = 2}), Prepare, {.threads = 3});
  EXPECT_TRUE(loader.Next().has_value());
}

TEST(Loader, NextIsEmptyWhenAStopIsRequestedMeanwhile) {
  std::promise<void> release;
  const std::shared_future<void> released = release.get_future().share();
  const auto prepare = [released](size_t example) {
    released.wait();
    return Prepare(example);
  };
  Loader loader(OrderedBatches({.count = 4, .batch_size = 2}), prepare, {.threads = 1});
  RequestStop();
  EXPECT_FALSE(loader.Next().has_value());
  ResetStop();
  release.set_value();
}

}  // namespace
}  // namespace keelrow::train
