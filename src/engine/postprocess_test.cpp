#include "engine/postprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelrow::engine {
namespace {

using testing::FloatNear;
using testing::Pointwise;

const Postprocess& Classification() {
  return FindPostprocess("classification");
}

std::vector<float> Scores(const std::vector<float>& logits, double temperature = 1) {
  return Classification().scores(logits, {.temperature = temperature});
}

TEST(Classification, DividesLogitsByTheTemperature) {
  EXPECT_EQ(Scores({2, 4, -6}, 2), Scores({1, 2, -3}));
  EXPECT_THAT(Scores({1, 2, -3}), Pointwise(FloatNear(1e-6f), {0.2676231, 0.7274751, 0.0049018}));
}

TEST(Classification, AveragesProbabilitiesNotLogits) {
  const std::vector<Tensor> outputs = {Tensor::Of<float>({3}, {9, 0, 1}),
                                       Tensor::Of<float>({3}, {-1, 2, -40})};
  std::vector<float> mean(3);
  for (const Tensor& output : outputs) {
    const auto logits = output.As<float>();
    const auto scores = Scores({logits.begin(), logits.end()});
    for (size_t c = 0; c < mean.size(); ++c) mean[c] += scores[c] / 2;
  }
  EXPECT_THAT(Scores(Classification().pool(outputs)), Pointwise(FloatNear(1e-6f), mean));
}

TEST(Classification, AveragesWhatIsSureWithoutInfinities) {
  const std::vector<Tensor> outputs = {Tensor::Of<float>({2}, {3e4f, -3e4f}),
                                       Tensor::Of<float>({2}, {2e4f, -2e4f})};
  EXPECT_THAT(Scores(Classification().pool(outputs), 5), testing::ElementsAre(1, 0));
}

TEST(Postprocess, RefusesWhatItDoesNotKnow) {
  try {
    FindPostprocess("regression");
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kUnsupported);
  }
}

}  // namespace
}  // namespace keelrow::engine
