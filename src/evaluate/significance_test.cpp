#include "evaluate/significance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelrow::evaluate {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;
using testing::IsEmpty;

struct Case {
  Proportion one;
  Proportion other;
  double p_value;
};

TEST(FisherExact, AgreesWithScipy) {  // 1.17.1: fisher_exact([[right, wrong], [right, wrong]])
  const Case cases[] = {{{8, 10}, {1, 6}, 0.034965034965034975},
                        {{30, 40}, {300, 320}, 0.0005494107154290992},
                        {{0, 3}, {50, 52}, 0.0003811701924909473},
                        {{95, 100}, {950, 1000}, 1},
                        {{5, 5}, {0, 7}, 0.0012626262626262623},
                        {{1, 1}, {9, 9}, 1},
                        {{1470, 1500}, {1400, 1500}, 2.3153187951771676e-10}};
  for (const auto& [one, other, p_value] : cases) {
    EXPECT_NEAR(FisherExact(one, other) / p_value, 1, 1e-8) << one.successes;
    EXPECT_NEAR(FisherExact(other, one) / p_value, 1, 1e-8) << one.successes;
  }
}

TEST(FisherExact, OfNothingProvesNothing) {
  EXPECT_DOUBLE_EQ(FisherExact({0, 0}, {3, 5}), 1);
}

TEST(HolmAdjusted, AgreesWithTheDefinition) {
  EXPECT_THAT(HolmAdjusted({0.01, 0.04, 0.03, 0.005}),
              ElementsAre(DoubleEq(0.03), DoubleEq(0.06), DoubleEq(0.06), DoubleEq(0.02)));
  EXPECT_THAT(HolmAdjusted({0.9, 0.8}), ElementsAre(1, 1));
  EXPECT_THAT(HolmAdjusted({}), IsEmpty());
}

}  // namespace
}  // namespace keelrow::evaluate
