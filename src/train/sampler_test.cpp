#include "train/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace keelrow::train {
namespace {

std::vector<size_t> Flat(const Batches& batches) {
  std::vector<size_t> all;
  for (const auto& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

TEST(Sampler, BatchesAreEvenAndHoldEveryExampleOnce) {
  for (const size_t count : {1, 2, 7, 64, 65, 1000}) {
    for (const size_t batch_size : {1, 3, 64}) {
      SCOPED_TRACE(testing::Message() << count << " in batches of " << batch_size);
      const Batches batches = ShuffledBatches({.count = count, .batch_size = batch_size}, 7, 0);
      EXPECT_EQ(batches.size(), (count + batch_size - 1) / batch_size);
      const auto [least, most] = std::ranges::minmax(batches, {}, &std::vector<size_t>::size);
      EXPECT_LE(most.size() - least.size(), 1U);
      EXPECT_LE(most.size(), batch_size);
      std::vector<size_t> all = Flat(batches);
      std::ranges::sort(all);
      std::vector<size_t> expected(count);
      std::iota(expected.begin(), expected.end(), size_t{0});
      EXPECT_EQ(all, expected);
    }
  }
}

TEST(Sampler, OrderFollowsSeedAndEpochOnly) {
  const SamplerOptions options{.count = 100, .batch_size = 10};
  EXPECT_EQ(ShuffledBatches(options, 7, 3), ShuffledBatches(options, 7, 3));
  EXPECT_NE(ShuffledBatches(options, 7, 3), ShuffledBatches(options, 7, 4));
  EXPECT_NE(ShuffledBatches(options, 7, 3), ShuffledBatches(options, 8, 3));
  EXPECT_TRUE(std::ranges::is_sorted(Flat(OrderedBatches(options))));
}

}  // namespace
}  // namespace keelrow::train
