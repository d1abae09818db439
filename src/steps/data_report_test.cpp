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

TEST(CountValues, OneNumberInManySpellingsDoesNoHarm) {
  Values spellings;
  for (int zeros = 1; zeros < 40; ++zeros) spellings.push_back("1." + std::string(zeros, '0'));
  EXPECT_EQ(Bins(spellings, {}).at(0), "1 – 1 39 0");
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
