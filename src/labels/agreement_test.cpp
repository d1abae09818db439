#include "labels/agreement.h"

#include <gtest/gtest.h>

namespace keelrow::labels {
namespace {

Region Box(const std::string& label, double x) {
  return {.label = label, .outline = BoxOutline({x, 0}, 10, 10)};
}

TEST(Agreement, MatchesOneToOneWithinALabel) {
  LabelSet set{.tasks = {{.id = "1", .width = 100, .height = 100}}};
  set.tasks[0].annotations = {
      {.annotator = "ann", .regions = {Box("car", 0), Box("car", 50), Box("dog", 80)}},
      {.annotator = "bob", .regions = {Box("car", 2), Box("car", 51), Box("cat", 80)}}};
  const Agreement agreement = MeasureAgreement(set);
  EXPECT_EQ(agreement.regions.matched, 2);
  EXPECT_DOUBLE_EQ(agreement.regions.F1(), 4.0 / 6);
  EXPECT_DOUBLE_EQ(agreement.regions.MeanIou(), (8.0 / 12 + 9.0 / 11) / 2);
  EXPECT_DOUBLE_EQ(agreement.by_annotator.at("bob").F1(), 4.0 / 6);
  EXPECT_DOUBLE_EQ(agreement.f1_of_task.at("1"), 4.0 / 6);
}

TEST(Agreement, OneAnnotatorAloneIsNotCompared) {
  LabelSet set{.tasks = {{.id = "1"}}};
  set.tasks[0].annotations = {{.annotator = "ann", .regions = {Box("car", 0)}}};
  EXPECT_EQ(MeasureAgreement(set).regions.tasks, 0);
}

/// Two annotators of 50 tasks: both yes 20, only the first 5, only the second 10, both no 15.
/// Cohen's kappa is 0.4 (Wikipedia, "Cohen's kappa", first example).
TEST(Agreement, CohensKappa) {
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.insert(pairs.end(), 20, {"yes", "yes"});
  pairs.insert(pairs.end(), 5, {"yes", "no"});
  pairs.insert(pairs.end(), 10, {"no", "yes"});
  pairs.insert(pairs.end(), 15, {"no", "no"});
  EXPECT_NEAR(*CohenKappa(pairs), 0.4, 1e-12);
  EXPECT_FALSE(CohenKappa({}).has_value());
  EXPECT_FALSE(CohenKappa({{"yes", "yes"}}).has_value());  // chance alone agrees
}

/// Fleiss (1971), the table of Wikipedia's "Fleiss' kappa": ten subjects, fourteen raters, 0.210.
TEST(Agreement, FleissKappa) {
  const int counts[10][5] = {{0, 0, 0, 0, 14}, {0, 2, 6, 4, 2}, {0, 0, 3, 5, 6}, {0, 3, 9, 2, 0},
                             {2, 2, 8, 1, 1},  {7, 7, 0, 0, 0}, {3, 2, 6, 3, 0}, {2, 5, 3, 2, 2},
                             {6, 5, 2, 1, 0},  {0, 2, 2, 3, 7}};
  std::vector<Ratings> tasks;
  for (const auto& row : counts) {
    Ratings ratings;
    for (int value = 0; value < 5; ++value) {
      for (int i = 0; i < row[value]; ++i) {
        ratings["rater" + std::to_string(ratings.size())] = std::to_string(value);
      }
    }
    tasks.push_back(std::move(ratings));
  }
  EXPECT_NEAR(*FleissKappa(tasks), 0.210, 5e-4);
}

/// Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: four observers,
/// missing values, nominal alpha 0.743.
TEST(Agreement, KrippendorffsAlpha) {
  const std::string observers[] = {"123321412...", "1233224125.3", ".3332342251.", "12332441251."};
  std::vector<Ratings> tasks;
  for (size_t unit = 0; unit < 12; ++unit) {
    Ratings ratings;
    for (int observer = 0; observer < 4; ++observer) {
      const char value = observers[observer][unit];
      if (value != '.') ratings[std::string(1, static_cast<char>('A' + observer))] = value;
    }
    tasks.push_back(std::move(ratings));
  }
  EXPECT_NEAR(*KrippendorffAlpha(tasks), 0.743, 5e-4);
}

}  // namespace
}  // namespace keelrow::labels
