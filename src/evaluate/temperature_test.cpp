#include "evaluate/temperature.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "base/random.h"

namespace keelrow::evaluate {
namespace {

/// Logits whose softmax is the true distribution of the truth, then multiplied by `sharpened`.
std::vector<Output> DrawnOutputs(size_t count, double sharpened) {
  std::vector<Output> outputs;
  for (size_t i = 0; i < count; ++i) {
    Random random(5, "temperature test", {i});
    std::vector<double> logits(4);
    double sum = 0;
    for (double& logit : logits) sum += std::exp(logit = random.Uniform(-3, 3));
    double left = random.Uniform(0, sum);
    int truth = 0;
    while (truth < 3 && left > std::exp(logits[truth])) left -= std::exp(logits[truth++]);
    Output output{.truth = truth};
    for (const double logit : logits)
      output.logits.push_back(static_cast<float>(logit * sharpened));
    outputs.push_back(std::move(output));
  }
  return outputs;
}

TEST(Temperature, UndoesASharpening) {
  EXPECT_NEAR(FitTemperature(DrawnOutputs(20000, 1)), 1, 0.03);
  EXPECT_NEAR(FitTemperature(DrawnOutputs(20000, 3)), 3, 0.09);
  EXPECT_NEAR(FitTemperature(DrawnOutputs(20000, 0.5)), 0.5, 0.015);
}

TEST(Temperature, IsWhereTheLossIsLeast) {
  const auto outputs = DrawnOutputs(500, 2.5);
  const double best = FitTemperature(outputs);
  for (const double factor : {0.5, 0.9, 0.99, 1.01, 1.1, 2.0}) {
    EXPECT_LT(LogLossAt(outputs, best), LogLossAt(outputs, best * factor)) << factor;
  }
}

// scipy 1.17's minimize_scalar(bounded, xatol 1e-12) on numpy's loss of the same three:
// 0.7928774925.
TEST(Temperature, AgreesWithScipy) {
  const std::vector<Output> outputs = {{0, {2, 0, 0}}, {1, {0, 1, 0}}, {2, {1, 0, 0}}};
  EXPECT_NEAR(FitTemperature(outputs), 0.7928774925, 1e-6);
}

TEST(Temperature, StaysWithinItsBounds) {
  const std::vector<Output> right = {{0, {9, 0}}, {1, {0, 9}}};
  const std::vector<Output> wrong = {{1, {9, 0}}, {0, {0, 9}}};
  EXPECT_NEAR(FitTemperature(right), kTemperatureMin, 1e-6);
  EXPECT_NEAR(FitTemperature(wrong), kTemperatureMax, 1e-5);
}

TEST(Temperature, SurvivesHugeLogits) {
  const std::vector<Output> outputs = {{0, {1e30f, -1e30f}}, {1, {1e30f, -1e30f}}};
  EXPECT_NEAR(FitTemperature(outputs), kTemperatureMax, 1e-5);
}

TEST(Temperature, NeedsOutputs) {
  try {
    FitTemperature({});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kNoData);
  }
}

}  // namespace
}  // namespace keelrow::evaluate
