#include "rollout/judge.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace keelrow::rollout {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const Slo kSlo{.latency = 500ms,
               .slower = 2,
               .errors = 0.01,
               .mix = 0.25,
               .agreement = 0,
               .samples = 100,
               .window = 20s};

/// How a version behaves.
struct Behaviour {
  double median_ms = 20;
  double spread = 0.5;  // of the logarithm: latencies have long tails
  double failing = 0.002;
  double refusing = 0.05;  // clients send rubbish too
  std::vector<double> labels = {0.6, 0.3, 0.1};
};

double Normal(Random& random) {
  return std::sqrt(-2 * std::log(1 - random.Uniform())) * std::cos(2 * M_PI * random.Uniform());
}

Tally Simulate(const Behaviour& behaviour, int answers, Random& random) {
  Tally tally;
  for (int i = 0; i < answers; ++i) {
    if (random.Coin(behaviour.refusing)) {
      tally.Count(Result::kRefused);
      continue;
    }
    const double ms = behaviour.median_ms * std::exp(behaviour.spread * Normal(random));
    tally.latencies.Add(Nanoseconds(std::llround(ms * 1e6)));
    const bool failed = random.Coin(behaviour.failing);
    tally.Count(failed ? Result::kFailed : Result::kAnswered);
    if (failed) continue;
    double place = random.Uniform();
    size_t label = 0;
    while (label + 1 < behaviour.labels.size() && place >= behaviour.labels[label]) {
      place -= behaviour.labels[label++];
    }
    tally.CountLabel(std::to_string(label));
  }
  return tally;
}

/// A window: so many answers of both, the candidate's being a share.
Sides Window(const Behaviour& candidate, Random& random, int candidates = 200, int stables = 2000) {
  return {.stable = Simulate({}, stables, random),
          .candidate = Simulate(candidate, candidates, random)};
}

std::string RuleBrokenBy(const Behaviour& candidate, int candidates = 200, int stables = 2000) {
  Random random(3, "window");
  const Verdict verdict =
      Judge(kSlo, {.recent = Window(candidate, random, candidates, stables), .step = {}});
  return verdict.breach ? verdict.breach->rule : "";
}

/// Of all sizes, the smallest included, and of another mix of labels in every one.
TEST(Judge, AThousandHealthyWindowsRaiseNoAlarm) {
  constexpr uint64_t kSeed = 1;
  int judged = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    Random random(kSeed, "healthy", {i});
    Behaviour healthy{.median_ms = random.Uniform(1, 100), .spread = random.Uniform(0.1, 0.6)};
    healthy.labels.assign(1 + random.Below(100), 0);
    for (double& share : healthy.labels) share = 1.0 / static_cast<double>(healthy.labels.size());
    const int candidates = static_cast<int>(random.Below(500));
    const int stables = static_cast<int>(random.Below(3000));
    const Sides window{.stable = Simulate(healthy, stables, random),
                       .candidate = Simulate(healthy, candidates, random)};
    const Verdict verdict = Judge(kSlo, {.recent = window, .step = window});
    EXPECT_FALSE(verdict.breach) << "seed " << kSeed << " window " << i << ": "
                                 << verdict.breach->rule << ": " << verdict.breach->reason;
    ++judged;
  }
  EXPECT_EQ(judged, 1000);
}

TEST(Judge, EachFaultIsFoundByItsRule) {
  EXPECT_EQ(RuleBrokenBy({}), "");
  EXPECT_EQ(RuleBrokenBy({.median_ms = 400}), "latency");
  EXPECT_EQ(RuleBrokenBy({.median_ms = 100}), "slower");
  EXPECT_EQ(RuleBrokenBy({.failing = 0.2}), "errors");
  EXPECT_EQ(RuleBrokenBy({.refusing = 0.5}), "refusals");
  EXPECT_EQ(RuleBrokenBy({.labels = {0.1, 0.3, 0.6}}), "mix");
}

TEST(Judge, AFewAnswersSufficeWhereAllAreBad) {
  EXPECT_EQ(RuleBrokenBy({.median_ms = 5000}, 5), "latency");
  EXPECT_EQ(RuleBrokenBy({.failing = 1, .refusing = 0}, 4), "errors");
  EXPECT_EQ(RuleBrokenBy({.failing = 1, .refusing = 0}, 2), "");  // by chance once in 10,000
}

TEST(Judge, WhatNobodyNoticesIsNoBreach) {
  const Behaviour quick{.median_ms = 0.3, .spread = 0.2};
  Behaviour slower = quick;
  slower.median_ms = 1.5;
  Random random(4, "quick");
  const Sides window{.stable = Simulate(quick, 2000, random),
                     .candidate = Simulate(slower, 200, random)};
  EXPECT_FALSE(Judge(kSlo, {.recent = window}).breach);
}

TEST(Judge, RequestsThatAreNeverAnsweredCount) {
  Evidence evidence;
  evidence.recent.candidate.overdue = 5;
  const Verdict verdict = Judge(kSlo, evidence);
  ASSERT_TRUE(verdict.breach);
  EXPECT_EQ(verdict.breach->rule, "latency");
}

TEST(Judge, WhatBothSufferFromIsNoFaultOfTheCandidate) {
  Random random(5, "both");
  const Behaviour ill{.failing = 0.1};
  const Sides window{.stable = Simulate(ill, 2000, random),
                     .candidate = Simulate(ill, 400, random)};
  EXPECT_FALSE(Judge(kSlo, {.recent = window}).breach);
  Behaviour worse = ill;
  worse.failing = 0.4;
  const Sides other{.stable = window.stable, .candidate = Simulate(worse, 400, random)};
  EXPECT_EQ(Judge(kSlo, {.recent = other}).breach->rule, "errors");
}

/// At the last step hardly anybody asks the old version any more.
TEST(Judge, ErrorsAreFoundWithoutAnythingToCompareWith) {
  EXPECT_EQ(RuleBrokenBy({.failing = 0.5}, 200, 0), "errors");
  EXPECT_EQ(RuleBrokenBy({.failing = 0.5}, 200, 1), "errors");
  EXPECT_EQ(RuleBrokenBy({}, 2000, 0), "");
}

TEST(Judge, ASlowFaultIsFoundInTheWholeStep) {
  Evidence evidence;
  evidence.recent.candidate.Count(Result::kAnswered);
  for (int i = 0; i < 100; ++i) {
    evidence.step.candidate.Count(i % 5 == 0 ? Result::kFailed : Result::kAnswered);
  }
  const Verdict verdict = Judge(kSlo, evidence);
  ASSERT_TRUE(verdict.breach);
  EXPECT_EQ(verdict.breach->rule, "errors");
  EXPECT_THAT(verdict.breach->reason, HasSubstr("20.0 % (20 of 100) of its answers failed"));
  EXPECT_TRUE(verdict.enough);
}

TEST(Judge, AShadowMustAgreeIfThatIsAsked) {
  Slo slo = kSlo;
  Evidence evidence;
  evidence.recent.shadow = {.compared = 200, .agreed = 150};
  EXPECT_FALSE(Judge(slo, evidence).breach);
  slo.agreement = 0.95;
  EXPECT_EQ(Judge(slo, evidence).breach->rule, "agreement");
  evidence.recent.shadow.agreed = 188;
  EXPECT_FALSE(Judge(slo, evidence).breach);
}

TEST(Judge, ZeroTurnsARuleOff) {
  Slo slo = kSlo;
  slo.latency = 0ms;
  slo.slower = 0;
  slo.mix = 0;
  Random random(6, "off");
  const Sides window = Window({.median_ms = 5000, .labels = {0, 0, 1}}, random);
  EXPECT_FALSE(Judge(slo, {.recent = window}).breach);
}

TEST(Judge, EnoughIsOfTheWholeStep) {
  Evidence evidence;
  evidence.step.candidate.answered = 99;
  EXPECT_FALSE(Judge(kSlo, evidence).enough);
  evidence.step.candidate.refused = 1;
  EXPECT_TRUE(Judge(kSlo, evidence).enough);
}

}  // namespace
}  // namespace keelrow::rollout
