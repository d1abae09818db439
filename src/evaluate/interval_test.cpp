#include "evaluate/interval.h"

#include <gtest/gtest.h>

#include <array>

#include "base/error.h"

namespace keelrow::evaluate {
namespace {

// scipy.stats.t.ppf(0.975, degrees) of scipy 1.17.
TEST(StudentQuantile, AgreesWithScipy) {
  EXPECT_NEAR(StudentQuantile(1), 12.706204736174694, 1e-9);
  EXPECT_NEAR(StudentQuantile(2), 4.302652729749464, 1e-9);
  EXPECT_NEAR(StudentQuantile(3), 3.182446305283708, 1e-9);
  EXPECT_NEAR(StudentQuantile(4), 2.7764451051977987, 1e-9);
  EXPECT_NEAR(StudentQuantile(9), 2.2621571628540993, 1e-9);
  EXPECT_NEAR(StudentQuantile(99), 1.9842169515086827, 1e-9);
}

// By hand: deviation 0.1, half width 4.302653 * sqrt(0.01 * (1/3 + 1/2)) = 0.392777.
TEST(CrossValidatedMean, WidensForSharedExamples) {
  const Mean found = CrossValidatedMean(std::array{0.7, 0.8, 0.9}, 0.5);
  EXPECT_NEAR(found.mean, 0.8, 1e-12);
  EXPECT_NEAR(found.deviation, 0.1, 1e-12);
  EXPECT_NEAR(found.interval->low, 0.8 - 0.392777, 1e-6);
  EXPECT_NEAR(found.interval->high, 0.8 + 0.392777, 1e-6);
}

TEST(CrossValidatedMean, KnowsNothingFromOneFold) {
  const Mean found = CrossValidatedMean(std::array{0.7}, 0.5);
  EXPECT_EQ(found.mean, 0.7);
  EXPECT_FALSE(found.interval);
  EXPECT_THROW(CrossValidatedMean({}, 0.5), Error);
}

}  // namespace
}  // namespace keelrow::evaluate
