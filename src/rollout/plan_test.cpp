#include "rollout/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace keelrow::rollout {
namespace {

using namespace std::chrono_literals;

project::RolloutConfig Read(const Json& json) {
  return config::ReadJson<project::RolloutConfig>(json, "test");
}

std::string Refusal(const Json& json) {
  try {
    Read(json);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kBadValue);
    return error.message();
  }
  return "";
}

TEST(Plan, ACanaryHasItsStepsAndPromotes) {
  const Plan plan = PlanOf(
      Read({{"steps", {{{"weight", 0.05}, {"hold", "2s"}}, {{"weight", 0.5}, {"hold", "1m"}}}}}));
  EXPECT_EQ(plan.mode, Mode::kCanary);
  ASSERT_EQ(plan.steps.size(), 2u);
  EXPECT_EQ(plan.steps[0].weight, 0.05);
  EXPECT_EQ(plan.steps[1].hold, 60s);
  EXPECT_TRUE(plan.Promotes() && plan.Ends() && plan.Answers());
}

TEST(Plan, AnAbHasOneShareNoEndAndNoOpinionOfTheMix) {
  const Plan plan = PlanOf(Read({{"mode", "ab"}, {"ab", {{"share", 0.3}}}}));
  ASSERT_EQ(plan.steps.size(), 1u);
  EXPECT_EQ(plan.steps[0].weight, 0.3);
  EXPECT_FALSE(plan.Promotes() || plan.Ends());
  EXPECT_EQ(plan.slo.mix, 0);
  EXPECT_EQ(plan.slo.latency, 500ms);
}

TEST(Plan, AShadowAnswersNobodyAndItsTimesDoNotCount) {
  const Plan plan = PlanOf(Read({{"mode", "shadow"}, {"shadow", {{"agreement", 0.9}}}}));
  EXPECT_FALSE(plan.Promotes() || plan.Answers());
  EXPECT_TRUE(plan.Ends());
  EXPECT_EQ(plan.slo.latency, 0ms);
  EXPECT_EQ(plan.slo.slower, 0);
  EXPECT_EQ(plan.slo.agreement, 0.9);
}

TEST(Plan, WhatCannotWorkIsRefused) {
  EXPECT_THAT(Refusal({{"steps", Json::array()}}), testing::HasSubstr("`steps` needs 1"));
  EXPECT_THAT(Refusal({{"steps", {{{"weight", 0.5}}, {{"weight", 0.2}}}}}),
              testing::HasSubstr("weights never fall"));
  EXPECT_THAT(Refusal({{"key", "header"}}), testing::HasSubstr("needs the header's name"));
  EXPECT_THAT(Refusal({{"header", "x-user"}}), testing::HasSubstr("of no use"));
  EXPECT_THAT(Refusal({{"key", "header"}, {"header", "x user:"}}),
              testing::HasSubstr("cannot be the name of a header"));
  EXPECT_EQ(Refusal({{"key", "header"}, {"header", "x-user"}}), "");
}

TEST(Plan, ComesBackFromTheStore) {
  project::RolloutConfig config = Read({{"mode", "ab"}, {"slo", {{"errors", 0.02}}}});
  const Plan plan = StoredPlan(config::Write(config));
  EXPECT_EQ(plan.mode, Mode::kAb);
  EXPECT_EQ(plan.slo.errors, 0.02);
  for (const Json& damaged : {Json{{"mode", "sideways"}}, Json(), Json("canary")}) {
    try {
      StoredPlan(damaged);
      FAIL() << damaged;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::kCorrupt);
    }
  }
}

}  // namespace
}  // namespace keelrow::rollout
