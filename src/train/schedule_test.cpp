#include "train/schedule.h"

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"

namespace keelrow::train {
namespace {

double FactorAt(const project::ScheduleConfig& config, int64_t step,
                std::span<const double> losses = {}) {
  return FindSchedule(config.name.value)
      .factor(config,
              {.step = step, .steps = 100, .steps_per_epoch = 10, .validation_losses = losses});
}

project::ScheduleConfig Named(const std::string& name, double warmup = 0) {
  project::ScheduleConfig config;
  config.name.value = name;
  config.warmup = warmup;
  return config;
}

TEST(Schedule, WarmupRisesLinearlyToTheFullRate) {
  const auto config = Named("constant", 0.1);
  EXPECT_DOUBLE_EQ(FactorAt(config, 0), 0.1);
  EXPECT_DOUBLE_EQ(FactorAt(config, 4), 0.5);
  EXPECT_DOUBLE_EQ(FactorAt(config, 9), 1);
  EXPECT_DOUBLE_EQ(FactorAt(config, 99), 1);
}

TEST(Schedule, CosineFallsFromOneToNearlyZero) {
  EXPECT_DOUBLE_EQ(FactorAt(Named("cosine"), 0), 1);
  EXPECT_DOUBLE_EQ(FactorAt(Named("cosine"), 50), 0.5);
  EXPECT_NEAR(FactorAt(Named("cosine"), 99), 0.000247, 1e-6);
  // After a warm-up of 20 steps the half-way point lies at (100 + 20) / 2.
  EXPECT_DOUBLE_EQ(FactorAt(Named("cosine", 0.2), 60), 0.5);
}

TEST(Schedule, StairsFallByTheFactorAtEachStair) {
  auto config = Named("step");
  config.step_epochs = 4;
  config.step_factor = 0.5;
  EXPECT_DOUBLE_EQ(FactorAt(config, 39), 1);
  EXPECT_DOUBLE_EQ(FactorAt(config, 40), 0.5);
  EXPECT_DOUBLE_EQ(FactorAt(config, 99), 0.25);
}

// Numbers of PyTorch 2.13: OneCycleLR(max_lr=1, total_steps=100, cycle_momentum=False).
TEST(Schedule, OneCycleIsPyTorchs) {
  project::ScheduleConfig config;
  config.name.value = "one_cycle";
  EXPECT_NEAR(FactorAt(config, 0), 0.04, 1e-12);
  EXPECT_NEAR(FactorAt(config, 7), 0.17152216387689723, 1e-12);
  EXPECT_NEAR(FactorAt(config, 29), 1, 1e-12);
  EXPECT_NEAR(FactorAt(config, 30), 0.9994965352845243, 1e-12);
  EXPECT_NEAR(FactorAt(config, 64), 0.500002, 1e-12);
  EXPECT_NEAR(FactorAt(config, 99), 4e-6, 1e-12);
}

// Numbers of PyTorch 2.13: ReduceLROnPlateau(patience=2, factor=0.5).
TEST(Schedule, PlateausAreCountedAsPyTorchDoes) {
  auto config = Named("plateau");
  config.plateau_epochs = 2;
  config.plateau_factor = 0.5;
  constexpr double kLosses[] = {1, 0.9, 0.89995, 0.95, 0.9, 0.91, 0.92, 0.93, 0.5, 0.6, 0.7, 0.8};
  constexpr double kFactors[] = {1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.125};
  for (size_t i = 0; i < std::size(kLosses); ++i) {
    EXPECT_EQ(FactorAt(config, 50, {kLosses, i + 1}), kFactors[i]) << i;
  }
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
    FindSchedule("sawtooth");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kBadValue);
  }
}

}  // namespace
}  // namespace keelrow::train
