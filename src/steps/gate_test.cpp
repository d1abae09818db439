#include "steps/gate.h"

#include <gtest/gtest.h>

namespace keelrow::steps {
namespace {

project::GateConfig Config(const std::string& limit, double tolerance = 0) {
  return {.metrics = {{"test.accuracy", ParseThreshold(limit).Value()}}, .tolerance = tolerance};
}

Reference Champion(std::map<std::string, double> metrics) {
  return {.name = "@champion (version 3)", .metrics = std::move(metrics)};
}

TEST(Gate, ALimitHoldsOrFails) {
  EXPECT_TRUE(Judge(Config(">=0.9"), {{"test.accuracy", 0.9}}, {}).passed);
  EXPECT_FALSE(Judge(Config(">=0.9"), {{"test.accuracy", 0.89}}, {}).passed);
}

TEST(Gate, WhatWasNotMeasuredFails) {
  const Verdict verdict = Judge(Config(">=0"), {}, Champion({{"test.accuracy", 0.5}}));
  EXPECT_FALSE(verdict.passed);
  ASSERT_EQ(verdict.rows.size(), 2U);
  EXPECT_EQ(verdict.rows[0].value, "not measured");
  EXPECT_EQ(verdict.rows[1].value, "not measured");
}

TEST(Gate, WorseThanTheChampionFailsBeyondTheTolerance) {
  const Reference champion = Champion({{"test.accuracy", 0.95}});
  EXPECT_FALSE(Judge(Config(">=0.9"), {{"test.accuracy", 0.94}}, champion).passed);
  EXPECT_TRUE(Judge(Config(">=0.9", 0.02), {{"test.accuracy", 0.94}}, champion).passed);
}

TEST(Gate, LowerIsBetterForALoss) {
  const project::GateConfig config{.metrics = {{"test.log_loss", ParseThreshold("<1").Value()}}};
  const Reference champion = Champion({{"test.log_loss", 0.2}});
  EXPECT_TRUE(Judge(config, {{"test.log_loss", 0.1}}, champion).passed);
  EXPECT_FALSE(Judge(config, {{"test.log_loss", 0.3}}, champion).passed);
}

TEST(Gate, AMetricThatTheChampionWasNotMeasuredByIsNotCompared) {
  EXPECT_TRUE(Judge(Config(">=0.9"), {{"test.accuracy", 0.92}}, Champion({})).passed);
}

TEST(Gate, SaysWhenTheChampionWasMeasuredOnAnotherTestSet) {
  Reference champion = Champion({{"test.accuracy", 0.91}});
  champion.same_data = false;
  const Verdict verdict = Judge(Config(">=0.9"), {{"test.accuracy", 0.92}}, champion);
  EXPECT_EQ(verdict.rows.back().condition,
            "test.accuracy not worse than @champion (version 3) 0.9100, on another test set");
}

}  // namespace
}  // namespace keelrow::steps
