#include "base/tensor.h"

#include <gtest/gtest.h>

#include <limits>

namespace keelrow {
namespace {

TEST(Tensor, AShapeFromOutsideIsCountedOrNone) {
  const auto count = [](std::vector<int64_t> shape) { return CountOf(shape); };
  EXPECT_EQ(count({}), 1U);
  EXPECT_EQ(count({2, 3, 4}), 24U);
  EXPECT_EQ(count({5, 0}), 0U);
  EXPECT_EQ(count({-1, 3}), std::nullopt);
  EXPECT_EQ(count({-2, -3}), std::nullopt) << "six, to whom looks at the product alone";
  EXPECT_EQ(count({0, -1}), std::nullopt);
  const int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(count({most, 2}), static_cast<size_t>(most) * 2);
  EXPECT_EQ(count({most, 3}), std::nullopt);
  EXPECT_EQ(count({int64_t{1} << 32, int64_t{1} << 32}), std::nullopt);
}

}  // namespace
}  // namespace keelrow
