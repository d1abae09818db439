#include "evaluate/cross_validation.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace keelrow::evaluate {
namespace {

FoldScore Fold(std::map<std::string, double> metrics) {
  return {
      .train = 80, .validation = 0, .held_back = 40, .epochs = 1, .metrics = std::move(metrics)};
}

// A fold that holds back a single class has no ranking.
TEST(CrossValidation, SurvivesAMetricThatOneFoldHas) {
  const CrossValidation found =
      Summarize({Fold({{"accuracy", 0.5}, {"roc_auc", 0.75}}), Fold({{"accuracy", 0.75}})});
  const CrossValidation again =
      CrossValidationFromJson(Json::parse(ToJson(found).dump()), "a.json");
  ASSERT_EQ(again.means.size(), 2U);
  EXPECT_EQ(again.means.at("roc_auc").mean, 0.75);
  EXPECT_FALSE(again.means.at("roc_auc").interval);
  EXPECT_EQ(again.means.at("accuracy").mean, 0.625);
  EXPECT_EQ(again.means.at("accuracy").interval, found.means.at("accuracy").interval);
  EXPECT_EQ(again.HeldBack(), 80U);
}

TEST(CrossValidation, RefusesWhatIsNone) {
  EXPECT_THROW(Summarize({}), Error);
  EXPECT_THROW(CrossValidationFromJson(Json::array(), "a.json"), Error);
  EXPECT_THROW(CrossValidationFromJson(Json::parse(R"({"folds": [{}], "metrics": {}})"), "a.json"),
               Error);
}

}  // namespace
}  // namespace keelrow::evaluate
