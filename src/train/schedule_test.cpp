#include "train/schedule.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"

namespace keelrow::train {
namespace {

constexpr ScheduleSpan kSpan{.steps = 100, .steps_per_epoch = 10};

project::ScheduleConfig Named(const std::string& name, double warmup = 0) {
  project::ScheduleConfig config;
  config.name.value = name;
  config.warmup = warmup;
  return config;
}

TEST(Schedule, WarmupRisesLinearlyToTheFullRate) {
  const auto config = Named("constant", 0.1);
  EXPECT_DOUBLE_EQ(RateFactor(config, kSpan, 0), 0.1);
  EXPECT_DOUBLE_EQ(RateFactor(config, kSpan, 4), 0.5);
  EXPECT_DOUBLE_EQ(RateFactor(config, kSpan, 9), 1);
  EXPECT_DOUBLE_EQ(RateFactor(config, kSpan, 99), 1);
}

TEST(Schedule, CosineFallsFromOneToNearlyZero) {
  EXPECT_DOUBLE_EQ(RateFactor(Named("cosine"), kSpan, 0), 1);
  EXPECT_DOUBLE_EQ(RateFactor(Named("cosine"), kSpan, 50), 0.5);
  EXPECT_NEAR(RateFactor(Named("cosine"), kSpan, 99), 0.000247, 1e-6);
  // After a warm-up of 20 steps the half-way point lies at (100 + 20) / 2.
  EXPECT_DOUBLE_EQ(RateFactor(Named("cosine", 0.2), kSpan, 60), 0.5);
}

TEST(Schedule, StairsFallByTheFactorAtEachStair) {
  auto config = Named("step");
  config.step_epochs = 4;
  config.step_factor = 0.5;
  EXPECT_DOUBLE_EQ(RateFactor(config, kSpan, 39), 1);
  EXPECT_DOUBLE_EQ(RateFactor(config, kSpan, 40), 0.5);
  EXPECT_DOUBLE_EQ(RateFactor(config, kSpan, 99), 0.25);
}

TEST(Schedule, EveryChoiceOfTheProjectFileHasARow) {
  std::set<std::string> rows;
  for (const Schedule& row : Schedules()) rows.insert(std::string(row.name));
  std::set<std::string> choices;
  for (const config::Choice& choice : project::ScheduleChoices()) choices.insert(choice.name);
  EXPECT_EQ(rows, choices);
}

TEST(Schedule, UnknownNameIsABadValue) {
  try {
    RateFactor(Named("sawtooth"), kSpan, 0);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kBadValue);
  }
}

}  // namespace
}  // namespace keelrow::train
