#include "rollout/split.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

namespace keelrow::rollout {
namespace {

constexpr int kKeys = 200'000;

std::string KeyOf(int i) {
  return fmt::format("client-{}", i);
}

double ShareOf(const Split& split, double weight) {
  int candidates = 0;
  for (int i = 0; i < kKeys; ++i) candidates += split.IsCandidate(KeyOf(i), weight) ? 1 : 0;
  return static_cast<double>(candidates) / kKeys;
}

TEST(Split, SharesAreTheWeights) {
  for (const double weight : {0.0001, 0.01, 0.05, 0.1, 0.5, 0.9}) {
    for (const int64_t rollout : {int64_t{1}, int64_t{2}, int64_t{3'000'000'000}}) {
      const double deviation = std::sqrt(weight * (1 - weight) / kKeys);
      EXPECT_NEAR(ShareOf(Split(rollout), weight), weight, 4.5 * deviation) << weight;
    }
  }
  EXPECT_EQ(ShareOf(Split(1), 0), 0);
  EXPECT_EQ(ShareOf(Split(1), 1), 1);
}

TEST(Split, WhatWentToTheCandidateStaysWhileTheWeightGrows) {
  const Split split(7);
  for (int i = 0; i < 20'000; ++i) {
    bool was = false;
    for (double weight = 0; weight <= 1; weight += 0.05) {
      const bool is = split.IsCandidate(KeyOf(i), weight);
      EXPECT_TRUE(is || !was) << KeyOf(i) << " at " << weight;
      was = is;
    }
  }
}

/// Replicas of another build, on another machine, must agree: these numbers never change.
TEST(Split, PlacesAreTheSameEverywhere) {
  EXPECT_DOUBLE_EQ(Split(1).PlaceOf("ann"), 0.6402870753576598);
  EXPECT_DOUBLE_EQ(Split(1).PlaceOf(""), 0.01836892971390125);
  EXPECT_DOUBLE_EQ(Split(2).PlaceOf("ann"), 0.4161169090659076);
}

TEST(Split, AnotherRolloutTriesOthers) {
  int both = 0;
  for (int i = 0; i < kKeys; ++i) {
    const bool one = Split(1).IsCandidate(KeyOf(i), 0.1);
    both += one && Split(2).IsCandidate(KeyOf(i), 0.1) ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(both) / kKeys, 0.01, 0.002);  // 0.1 if they were the same
}

TEST(Split, KeysThatDifferInOneByteAreIndependent) {
  int same = 0;
  for (int i = 0; i < kKeys; ++i) {
    const std::string key = KeyOf(i);
    same += Split(1).IsCandidate(key, 0.5) == Split(1).IsCandidate(key + "0", 0.5) ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(same) / kKeys, 0.5, 0.01);
}

}  // namespace
}  // namespace keelrow::rollout
