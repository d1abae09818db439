#include "train/history.h"

#include <gtest/gtest.h>

#include "train/class_weights.h"
#include "train/progress.h"

namespace keelrow::train {
namespace {

History WithLosses(const std::vector<double>& losses) {
  History history;
  for (const double loss : losses) {
    const int epoch = static_cast<int>(history.epochs().size()) + 1;
    history.Add({.epoch = epoch, .step = epoch * 10, .validation_loss = loss});
  }
  return history;
}

TEST(History, BestIsTheFirstLowestValidationLoss) {
  EXPECT_EQ(WithLosses({3, 1, 2, 1}).Best()->epoch, 2);
  EXPECT_FALSE(WithLosses({3, 1, 1}).LastIsBest());
  EXPECT_TRUE(WithLosses({3, 2, 1}).LastIsBest());
  History unvalidated;
  unvalidated.Add({.epoch = 1});
  EXPECT_EQ(unvalidated.Best(), nullptr);
  EXPECT_FALSE(unvalidated.ShouldStop(1));
}

TEST(History, StopsOncePatienceHasPassedSinceTheBest) {
  EXPECT_FALSE(WithLosses({3, 1, 2}).ShouldStop(2));
  EXPECT_TRUE(WithLosses({3, 1, 2, 2}).ShouldStop(2));
  EXPECT_FALSE(WithLosses({3, 1, 2, 2, 2}).ShouldStop(0));
}

TEST(History, JsonKeepsEveryBit) {
  const double awkward = 0.1 + 0.2;
  const History read =
      History::FromJson(Json::parse(WithLosses({awkward, 1e-300}).ToJson().dump()));
  EXPECT_EQ(read.epochs()[0].validation_loss, awkward);
  EXPECT_EQ(read.epochs()[1].validation_loss, 1e-300);
  EXPECT_EQ(read.epochs()[1].step, 20);
  EXPECT_FALSE(read.epochs()[0].validation_accuracy.has_value());
}

TEST(ClassWeights, AreInverseToSizeAndAverageOneOverTheExamples) {
  const auto weights = BalancedWeights({30, 10, 0});
  EXPECT_FLOAT_EQ(weights[0], 40.0F / (2 * 30));
  EXPECT_FLOAT_EQ(weights[1], 40.0F / (2 * 10));
  EXPECT_EQ(weights[2], 0.0F);
  EXPECT_FLOAT_EQ(weights[0] * 30 + weights[1] * 10, 40);
}

TEST(Progress, SaysSpeedAndTimeLeftOfThisProcess) {
  using std::chrono::milliseconds;
  const Progress::Clock::time_point start{};
  Progress progress({.first_step = 50, .steps = 100}, start);
  const ProgressPoint point{
      .epoch = 3, .epochs = 10, .step = 60, .examples = 12'345, .loss = 0.08123};
  EXPECT_FALSE(progress.At(point, start + milliseconds(200)).has_value());
  const auto event = progress.At(point, start + milliseconds(1000));
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->text, "epoch 3/10  loss 0.0812  12,345 img/s");
  EXPECT_DOUBLE_EQ(*event->fraction, 0.6);
  EXPECT_DOUBLE_EQ(*event->seconds_left, 4.0);
  EXPECT_FALSE(progress.At(point, start + milliseconds(1100)).has_value());
}

TEST(Progress, SeparatesThousands) {
  EXPECT_EQ(WithSeparators(7), "7");
  EXPECT_EQ(WithSeparators(999), "999");
  EXPECT_EQ(WithSeparators(1000), "1,000");
  EXPECT_EQ(WithSeparators(1234567), "1,234,567");
}

}  // namespace
}  // namespace keelrow::train
