#include "http/patience.h"

#include <gtest/gtest.h>

namespace keelrow::http {
namespace {

using std::chrono::microseconds;

/// A thread whose work comes after so long, as often as that.
Patience After(microseconds gap, int times, Patience patience = {}) {
  Patience::Clock::time_point now{};
  for (int i = 0; i < times; ++i) {
    patience.LooksAgain(now);
    patience.Found(now += gap);
    now += microseconds(10);
  }
  return patience;
}

TEST(Patience, SleepsUntilItIsKnownThatWorkComesSoon) {
  EXPECT_FALSE(Patience().LooksAgain({}));
  EXPECT_TRUE(After(microseconds(50), 16).LooksAgain({}));
}

TEST(Patience, SleepsWhenWorkMostlyComesLate) {
  Patience patience = After(microseconds(50), 16);
  EXPECT_TRUE(After(microseconds(5000), 2, patience).LooksAgain({})) << "two say little";
  EXPECT_FALSE(After(microseconds(5000), 8, patience).LooksAgain({}));
}

TEST(Patience, HasAnEnd) {
  Patience patience = After(microseconds(50), 16);
  const Patience::Clock::time_point now{};
  EXPECT_TRUE(patience.LooksAgain(now));
  EXPECT_TRUE(patience.LooksAgain(now + Patience::kSoon));
  EXPECT_FALSE(patience.LooksAgain(now + 2 * Patience::kSoon));
}

}  // namespace
}  // namespace keelrow::http
