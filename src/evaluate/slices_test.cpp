#include "evaluate/slices.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelrow::evaluate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Columns = std::map<std::string, std::string>;
using Predictions = std::vector<Prediction>;

/// Some examples of the same columns; of these, so many answered right.
void Add(Predictions& predictions, const Columns& columns, Proportion right) {
  for (uint64_t i = 0; i < right.trials; ++i) {
    predictions.push_back({.id = "id",
                           .truth = i < right.successes ? 0 : 1,
                           .probabilities = {.9f, .1f},
                           .columns = columns});
  }
}

/// As "COLUMN=VALUE CORRECT/EXAMPLES", or "COLUMN: N values …" of what is pooled.
std::vector<std::string> Summary(const Predictions& predictions) {
  std::vector<std::string> lines;
  for (const Slice& slice : SliceByColumns(predictions)) {
    const std::string value =
        slice.pooled > 0 ? fmt::format(": {} values", slice.pooled) : "=" + slice.value;
    lines.push_back(fmt::format("{}{} {}/{}", slice.column, value, slice.correct, slice.examples));
  }
  return lines;
}

TEST(Slices, CountByValueOfEachColumnWorstFirst) {
  Predictions predictions;
  Add(predictions, {{"camera", "a"}, {"light", "day"}}, {30, 30});
  Add(predictions, {{"camera", ""}, {"light", "night"}}, {10, 20});
  Add(predictions, {{"camera", "b"}, {"light", "day"}}, {9, 10});
  EXPECT_THAT(Summary(predictions),
              ElementsAre("camera= 10/20", "light=night 10/20", "camera=b 9/10", "light=day 39/40",
                          "camera=a 30/30"));
}

TEST(Slices, PoolRareValues) {
  Predictions predictions;
  Add(predictions, {{"site", "a"}}, {18, 20});
  for (int i = 0; i < 7; ++i) Add(predictions, {{"site", "rare" + std::to_string(i)}}, {1, 2});
  EXPECT_THAT(Summary(predictions), ElementsAre("site: 7 values 7/14", "site=a 18/20"));
}

TEST(Slices, KeepASingleRareValue) {
  Predictions predictions;
  Add(predictions, {{"site", "a"}}, {18, 20});
  Add(predictions, {{"site", "b"}}, {1, 2});
  EXPECT_THAT(Summary(predictions), ElementsAre("site=b 1/2", "site=a 18/20"));
}

TEST(Slices, AreBounded) {
  Predictions predictions;
  for (size_t i = 0; i < kSliceValuesMax + 50; ++i) {
    Add(predictions, {{"site", fmt::format("s{}", i)}}, {10, 10});
  }
  const auto slices = SliceByColumns(predictions);
  ASSERT_EQ(slices.size(), kSliceValuesMax + 1);
  EXPECT_EQ(slices.front().pooled, 50u) << "the largest of equally bad ones";
}

TEST(Slices, OfOneValueOrOfNamesSayNothing) {
  Predictions predictions;
  for (int i = 0; i < 30; ++i) {
    Add(predictions, {{"site", "a"}, {"file", "f" + std::to_string(i)}}, {1, 1});
  }
  EXPECT_THAT(SliceByColumns(predictions), IsEmpty());
}

TEST(Slices, CutNumbersIntoQuarters) {
  Predictions predictions;
  for (int i = 0; i < 40; ++i) Add(predictions, {{"t", std::to_string(i)}}, {i < 10 ? 0u : 1u, 1});
  Add(predictions, {{"t", ""}}, {1, 2});
  EXPECT_THAT(Summary(predictions), ElementsAre("t=0 to 9 0/10", "t= 1/2", "t=10 to 19 10/10",
                                                "t=20 to 29 10/10", "t=30 to 39 10/10"));
}

TEST(Slices, KeepEqualNumbersTogether) {
  Predictions predictions;
  for (int i = 0; i < 60; ++i) Add(predictions, {{"t", i < 35 ? "1" : std::to_string(i)}}, {1, 1});
  EXPECT_THAT(Summary(predictions),
              ElementsAre("t=1 to 1 35/35", "t=45 to 59 15/15", "t=35 to 44 10/10"));
}

TEST(Slices, SayWhetherTheRestIsAnsweredAsWell) {
  Predictions predictions;
  Add(predictions, {{"camera", "a"}, {"light", "day"}}, {300, 320});
  Add(predictions, {{"camera", "a"}, {"light", "night"}}, {30, 40});
  Add(predictions, {{"camera", "b"}, {"light", "day"}}, {19, 20});
  const auto slices = SliceByColumns(predictions);
  ASSERT_EQ(slices.size(), 4u);
  EXPECT_EQ(slices[0].value, "night");
  // scipy.stats.fisher_exact([[30, 10], [319, 21]]), times 4 by Holm
  EXPECT_NEAR(slices[0].p_value, 4 * 0.00047623341176048243, 1e-10);
  EXPECT_EQ(slices[2].value, "day");
  EXPECT_NEAR(slices[3].p_value, 1, 1e-9) << "cameras differ by chance";
}

TEST(Slices, HaveWilsonsInterval) {
  const Interval interval = Slice{.examples = 263, .correct = 81}.AccuracyInterval();
  EXPECT_NEAR(interval.low, 0.2553, 5e-5);
  EXPECT_NEAR(interval.high, 0.3662, 5e-5);
}

}  // namespace
}  // namespace keelrow::evaluate
