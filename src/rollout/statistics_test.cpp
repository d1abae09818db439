#include "rollout/statistics.h"

#include <gtest/gtest.h>

#include <cmath>

namespace keelrow::rollout {
namespace {

// Expected values: scipy 1.10, binom.sf(k - 1, n, p), chi2.sf(x, df), fisher_exact.

TEST(Statistics, BinomialTailIsExact) {
  EXPECT_NEAR(BinomialTail({.successes = 3, .trials = 3}, 0.01), 1e-6, 1e-15);
  EXPECT_NEAR(BinomialTail({.successes = 5, .trials = 20}, 0.01), 1.3677986329e-6, 1e-15);
  EXPECT_NEAR(BinomialTail({.successes = 20, .trials = 1000}, 0.01), 0.003288359787727, 1e-12);
  EXPECT_NEAR(BinomialTail({.successes = 1200, .trials = 100'000}, 0.01), 3.812533101e-10, 1e-16);
  EXPECT_EQ(BinomialTail({.successes = 0, .trials = 10}, 0.01), 1);
  EXPECT_EQ(BinomialTail({.successes = 1, .trials = 10}, 0), 0);
  EXPECT_EQ(BinomialTail({.successes = 10, .trials = 10}, 1), 1);
}

TEST(Statistics, ChiSquaredTailIsTheIncompleteGamma) {
  EXPECT_NEAR(ChiSquaredTail(3.841458820694124, 1), 0.05, 1e-12);
  EXPECT_NEAR(ChiSquaredTail(27.631021115928547, 2), 1e-6, 1e-17);
  EXPECT_NEAR(ChiSquaredTail(123.2252214533618, 99), 0.05, 1e-10);
  EXPECT_NEAR(ChiSquaredTail(1, 99), 1, 1e-12);
  EXPECT_EQ(ChiSquaredTail(0, 3), 1);
}

TEST(Statistics, MoreOftenLooksOneWayOnly) {
  EXPECT_LT(MoreOften({.successes = 20, .trials = 20}, {.successes = 0, .trials = 20}), 1e-10);
  EXPECT_EQ(MoreOften({.successes = 0, .trials = 20}, {.successes = 20, .trials = 20}), 1);
  EXPECT_EQ(MoreOften({.successes = 5, .trials = 10}, {.successes = 0, .trials = 0}), 1);
}

TEST(Statistics, TheSameMixDoesNotDiffer) {
  const MixDifference same = CompareMixes({{"a", 500}, {"b", 500}}, {{"a", 50}, {"b", 50}});
  EXPECT_NEAR(same.index, 0, 1e-9);
  EXPECT_NEAR(same.chance, 1, 1e-9);
}

TEST(Statistics, AMixThatMovedIsFarAndNoChance) {
  const MixDifference moved = CompareMixes({{"a", 800}, {"b", 200}}, {{"a", 500}, {"b", 500}});
  EXPECT_NEAR(moved.index, 0.3 * std::log(1.6) + 0.3 * std::log(2.5), 0.01);
  EXPECT_LT(moved.chance, 1e-40);
  const MixDifference small = CompareMixes({{"a", 20}, {"b", 10}}, {{"a", 12}, {"b", 18}});
  EXPECT_GT(small.index, 0.25);  // as far, but thirty answers may be
  EXPECT_GT(small.chance, 0.01);
}

TEST(Statistics, RareLabelsAreTestedTogether) {
  Counts one{{"common", 500}};
  Counts other{{"common", 500}};
  for (int i = 0; i < 40; ++i) {
    one["rare" + std::to_string(2 * i)] = 1;
    other["rare" + std::to_string(2 * i + 1)] = 1;
  }
  const MixDifference difference = CompareMixes(one, other);
  EXPECT_GT(difference.chance, 0.9);
  EXPECT_LT(difference.index, 0.01);
}

TEST(Statistics, NothingToCompareDoesNotDiffer) {
  EXPECT_EQ(CompareMixes({}, {{"a", 5}}).chance, 1);
  EXPECT_EQ(CompareMixes({{"a", 3}}, {{"b", 2}}).chance, 1);  // too few to know
  EXPECT_EQ(CompareMixes({{"a", 300}}, {{"a", 20}}).chance, 1);
}

}  // namespace
}  // namespace keelrow::rollout
