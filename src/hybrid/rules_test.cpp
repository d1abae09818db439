#include "hybrid/rules.h"

#include <gtest/gtest.h>

namespace keelrow::hybrid {
namespace {

TEST(HybridRules, PatternsTakeStars) {
  EXPECT_TRUE(FitsPattern("*", ""));
  EXPECT_TRUE(FitsPattern("*", "digits"));
  EXPECT_TRUE(FitsPattern("eu-*", "eu-central-1"));
  EXPECT_TRUE(FitsPattern("*-1", "eu-central-1"));
  EXPECT_TRUE(FitsPattern("e*-c*1", "eu-west-central-1"));
  EXPECT_FALSE(FitsPattern("eu-*", "us-east-1"));
  EXPECT_FALSE(FitsPattern("", "x"));
  EXPECT_FALSE(FitsPattern("digits", "digits2"));
  EXPECT_FALSE(FitsPattern(std::string(1000, '*') + "b", std::string(100'000, 'a')));
}

TEST(HybridRules, AShareIsTheSameForTheSameRequest) {
  const Rule rule{.name = "tenth", .endpoint = "e", .share = 0.1};
  int sent = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Subject subject{.model = "m", .tenant = "", .id = std::to_string(i)};
    sent += Fits(rule, subject);
    EXPECT_EQ(Fits(rule, subject), Fits(rule, subject));
  }
  EXPECT_NEAR(sent, 2'000, 200);
}

TEST(HybridRules, ModelsAndTenantsNarrow) {
  const Rule rule{.name = "r", .endpoint = "e", .models = {"llm-*"}, .tenants = {"lab", "team-*"}};
  EXPECT_TRUE(Fits(rule, {.model = "llm-7b", .tenant = "team-a", .id = ""}));
  EXPECT_FALSE(Fits(rule, {.model = "digits", .tenant = "team-a", .id = ""}));
  EXPECT_FALSE(Fits(rule, {.model = "llm-7b", .tenant = "bank", .id = ""}));
  EXPECT_FALSE(Fits(rule, {.model = "llm-7b", .tenant = "", .id = ""}));
}

TEST(HybridRules, WhatThePrivateSideSaidDecides) {
  const Subject subject{.model = "m", .tenant = "", .id = ""};
  const auto fits = [&](When when, PrivateAnswer answer) {
    return Fits(
        {.name = "r", .endpoint = "e", .when = when, .labels = {"rare"}, .confidence_below = 0.5},
        subject, answer);
  };
  EXPECT_TRUE(fits(When::kSaturated, {.status = 503}));
  EXPECT_FALSE(fits(When::kSaturated, {.status = 200}));
  EXPECT_TRUE(fits(When::kNotLoaded, {.status = 404, .absent = true}));
  EXPECT_TRUE(fits(When::kNotLoaded, {.status = 503, .absent = true}));
  EXPECT_FALSE(fits(When::kSaturated, {.status = 503, .absent = true}));
  EXPECT_FALSE(fits(When::kNotLoaded, {.status = 503}));
  EXPECT_TRUE(fits(When::kLongTail, {.label = "rare", .confidence = 0.9}));
  EXPECT_TRUE(fits(When::kLongTail, {.label = "common", .confidence = 0.4}));
  EXPECT_FALSE(fits(When::kLongTail, {.label = "common", .confidence = 0.9}));
  EXPECT_FALSE(fits(When::kLongTail, {.status = 200}));
  EXPECT_FALSE(fits(When::kAlways, {.status = 503}));
}

TEST(HybridRules, ATenantsDataStayWhereTheyMust) {
  const std::vector<Residency> residency = {{.tenants = {"bank-*"}, .regions = {"eu-*"}},
                                            {.tenants = {"clinic"}, .regions = {}}};
  EXPECT_TRUE(MayGo(residency, "bank-a", "eu-central-1"));
  EXPECT_FALSE(MayGo(residency, "bank-a", "us-east-1"));
  EXPECT_FALSE(MayGo(residency, "bank-a", ""));
  EXPECT_FALSE(MayGo(residency, "clinic", "eu-central-1"));
  EXPECT_TRUE(MayGo(residency, "shop", "us-east-1"));
}

}  // namespace
}  // namespace keelrow::hybrid
