#include "base/units.h"

#include <gtest/gtest.h>

namespace keelrow {
namespace {

TEST(Units, DurationsAreReadAndSpelled) {
  EXPECT_EQ(ParseDuration("2ms")->value.count(), 2);
  EXPECT_EQ(ParseDuration("1.5s")->value.count(), 1500);
  EXPECT_EQ(ParseDuration("24h")->ToString(), "1d");
  EXPECT_EQ(ParseDuration("90s")->ToString(), "90s");
  EXPECT_EQ(ParseDuration("0s")->ToString(), "0ms");
}

TEST(Units, SpellingsRoundTrip) {
  for (const char* text : {"1ms", "999ms", "61s", "7d", "36h"}) {
    const Duration once = *ParseDuration(text);
    EXPECT_EQ(*ParseDuration(once.ToString()), once) << text;
  }
  for (const char* text : {"1B", "16MB", "2GiB", "1500kB"}) {
    const ByteSize once = *ParseByteSize(text);
    EXPECT_EQ(*ParseByteSize(once.ToString()), once) << text;
  }
}

TEST(Units, RefusesWhatHasNoUnitOrNoNumber) {
  for (const char* text : {"", "10", "s", "-1s", "1 s", "1x", "1e400d", "1.2.3s"}) {
    ASSERT_FALSE(ParseDuration(text).ok()) << text;
    EXPECT_EQ(ParseDuration(text).error().code(), Code::kBadValue) << text;
  }
  EXPECT_FALSE(ParseByteSize("10").ok());
  EXPECT_FALSE(ParseByteSize("10mb").ok());
}

TEST(Units, ThresholdsCompare) {
  EXPECT_TRUE(ParseThreshold("<0.05")->Holds(0.04));
  EXPECT_FALSE(ParseThreshold("<0.05")->Holds(0.05));
  EXPECT_TRUE(ParseThreshold(">= 0.97")->Holds(0.97));
  EXPECT_FALSE(ParseThreshold(">0.8")->Holds(0.8));
  EXPECT_EQ(ParseThreshold(">=0.97")->ToString(), ">=0.97");
  for (const char* text : {"0.97", "=0.9", ">", ">=x", "<nan", "<inf"}) {
    EXPECT_FALSE(ParseThreshold(text).ok()) << text;
  }
}

}  // namespace
}  // namespace keelrow
