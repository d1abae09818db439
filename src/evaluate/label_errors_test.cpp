#include "evaluate/label_errors.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"

namespace keelrow::evaluate {
namespace {

std::vector<Prediction> PredictionsOf(const Json& golden) {
  std::vector<Prediction> predictions;
  for (size_t i = 0; i < golden.at("labels").size(); ++i) {
    predictions.push_back({.id = fmt::format("{}", i),
                           .truth = golden.at("labels")[i],
                           .probabilities = golden.at("probabilities")[i]});
  }
  return predictions;
}

std::vector<size_t> ErrorsAmong(const std::vector<LabelQuality>& qualities) {
  std::vector<size_t> errors;
  for (const LabelQuality& quality : qualities) {
    if (quality.error) errors.push_back(quality.example);
  }
  return errors;
}

// tests/parity/label_errors.py made the expectations.
TEST(LabelErrors, AreThoseOfCleanlabInItsOrder) {
  const Json golden = ReadJsonFile(KEELROW_SOURCE_DIR "/tests/golden/label_errors.json");
  ASSERT_EQ(golden.at("cases").size(), 4U);
  for (const Json& row : golden.at("cases")) {
    SCOPED_TRACE(row.at("name").get<std::string>());
    const auto found = FindLabelErrors(PredictionsOf(row), row.at("classes"));
    EXPECT_EQ(ErrorsAmong(found), row.at("errors").get<std::vector<size_t>>());
  }
}

TEST(LabelErrors, ComeFirstAndThenWhatTheModelWouldNameOtherwise) {
  const Json golden = ReadJsonFile(KEELROW_SOURCE_DIR "/tests/golden/label_errors.json");
  const auto predictions = PredictionsOf(golden.at("cases")[0]);
  const auto found = FindLabelErrors(predictions, 4);
  size_t differing = 0;
  for (const Prediction& p : predictions) {
    differing += PredictedClass(p) != static_cast<size_t>(p.truth);
  }
  ASSERT_EQ(found.size(), differing);
  for (size_t i = 1; i < found.size(); ++i) {
    EXPECT_GE(found[i - 1].error, found[i].error) << i;
    const bool same = found[i - 1].error == found[i].error;
    EXPECT_TRUE(!same || found[i - 1].score <= found[i].score) << i;
  }
}

TEST(LabelErrors, AreNoneWhereTheModelAgrees) {
  EXPECT_TRUE(FindLabelErrors({{{"a", 0, {0.9F, 0.1F}}, {"b", 1, {0.2F, 0.8F}}}}, 2).empty());
}

TEST(LabelErrors, RefuseWhatIsNoPrediction) {
  EXPECT_THROW(FindLabelErrors({}, 2), Error);
  EXPECT_THROW(FindLabelErrors({{{"a", 2, {0.9F, 0.1F}}}}, 2), Error);
}

}  // namespace
}  // namespace keelrow::evaluate
