#include "steps/data_report.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelrow::steps {
namespace {

using Values = std::vector<std::string>;

/// "label before after", one a bin.
Values Bins(const Values& before, const Values& after) {
  Values bins;
  for (const auto& bin : CountValues("x", before, after).bins) {
    bins.push_back(fmt::format("{} {} {}", bin.label, bin.before, bin.after));
  }
  return bins;
}

TEST(CountValues, FewKindsStandForThemselves) {
  EXPECT_EQ(Bins({"night", "day", "night", ""}, {"night", "day", "day"}),
            (Values{"(missing) 1 0", "day 1 2", "night 2 1"}));
  EXPECT_EQ(Bins({"10", "9", ""}, {"9"}), (Values{"(missing) 1 0", "9 1 1", "10 1 0"}));
  EXPECT_TRUE(Bins({}, {}).empty());
}

TEST(CountValues, ManyNumbersFallIntoIntervals) {
  Values numbers = {""};
  for (int i = 0; i <= 160; ++i) numbers.push_back(std::to_string(i));
  const Values bins = Bins(numbers, {"0", "160"});
  ASSERT_EQ(bins.size(), 17U);
  EXPECT_EQ(bins[0], "(missing) 1 0");
  EXPECT_EQ(bins[1], "0 – 10 10 1");
  EXPECT_EQ(bins[16], "150 – 160 11 1");
}

TEST(CountValues, RoundedEdgesBelongToTheirIntervals) {
  Values numbers;
  for (int i = 0; i <= 32; ++i) numbers.push_back(fmt::format("{:.2f}", 0.05 * i));
  const Values bins = Bins(numbers, {});
  ASSERT_EQ(bins.size(), 16U);
  for (size_t i = 0; i < 15; ++i) EXPECT_THAT(bins[i], testing::EndsWith(" 2 0"));
  EXPECT_EQ(bins[15], "1.5 – 1.6 3 0");
}

TEST(CountValues, NumbersThatDoNotSpreadAreNames) {
  Values spellings;
  Values serials;
  Values extremes = {"-1.7e308", "1.7e308"};
  for (size_t i = 1; i < 40; ++i) {
    spellings.push_back("1." + std::string(i, '0'));
    serials.push_back(fmt::format("12345678901234567{:02}", i));
    extremes.push_back(fmt::format("{}", i));
  }
  for (const Values& values : {spellings, serials, extremes}) {
    EXPECT_EQ(Bins(values, {}).size(), 31U) << values[0];
  }
}

TEST(CountValues, OfManyNamesTheExtremesAreShown) {
  Values names;
  for (int i = 0; i < 100; ++i) {
    for (int copy = 0; copy <= i; ++copy) names.push_back(fmt::format("n{:02}", i));
  }
  const Values bins = Bins(names, {"n99", "n50", "n50"});
  ASSERT_EQ(bins.size(), 31U);
  EXPECT_EQ(bins.front(), "n99 100 1");
  EXPECT_THAT(bins[15], testing::StartsWith("(70 others) "));
  EXPECT_THAT(bins[15], testing::EndsWith(" 2"));
  EXPECT_EQ(bins.back(), "n00 1 0");
}

}  // namespace
}  // namespace keelrow::steps
