#include "gateway/balancer.h"

#include <gtest/gtest.h>

namespace keelrow::gateway {
namespace {

using namespace std::chrono_literals;
using State = CircuitBreaker::State;
using Time = std::chrono::nanoseconds;

TEST(CircuitBreaker, FailuresInARowOpenIt) {
  CircuitBreaker breaker({.failures_in_a_row = 3});
  breaker.Fail(1s);
  breaker.Fail(1s);
  breaker.Succeed(1s);
  breaker.Fail(1s);
  breaker.Fail(1s);
  EXPECT_EQ(breaker.StateAt(1s), State::kClosed);
  breaker.Fail(1s);
  EXPECT_EQ(breaker.StateAt(1s), State::kOpen);
  EXPECT_FALSE(breaker.Allows(1900ms));
  EXPECT_TRUE(breaker.Allows(2s));
}

TEST(CircuitBreaker, AShareOfFailuresInTheWindowOpensIt) {
  CircuitBreaker breaker;
  for (int i = 0; i < 10; ++i) {
    breaker.Fail(1s);
    EXPECT_EQ(breaker.StateAt(1s), State::kClosed) << i;
    breaker.Succeed(1s);
  }
  breaker.Fail(1s);
  EXPECT_EQ(breaker.StateAt(1s), State::kOpen);
}

TEST(CircuitBreaker, WhatIsLongAgoIsForgotten) {
  CircuitBreaker breaker({.failures_in_a_row = 100, .requests_min = 20, .window = 10s});
  for (int i = 0; i < 19; ++i) breaker.Fail(1s);
  breaker.Succeed(12s);  // only this one is in the window now
  for (int i = 0; i < 18; ++i) breaker.Fail(12s);
  EXPECT_EQ(breaker.StateAt(12s), State::kClosed);
  breaker.Fail(12s);
  EXPECT_EQ(breaker.StateAt(12s), State::kOpen);
}

/// Open since second 1, for a second.
class HalfOpen : public testing::Test {
 protected:
  HalfOpen() { breaker_.Fail(1s); }
  CircuitBreaker breaker_{{.failures_in_a_row = 1, .probes = 2}};
};

TEST_F(HalfOpen, LetsAFewProbesThrough) {
  breaker_.Begin(2s);
  EXPECT_TRUE(breaker_.Allows(2s));
  breaker_.Begin(2s);
  EXPECT_FALSE(breaker_.Allows(2s));
  EXPECT_FALSE(breaker_.Allows(60s));
  breaker_.Abandon(60s);
  EXPECT_TRUE(breaker_.Allows(60s));
}

TEST_F(HalfOpen, SuccessClosesIt) {
  breaker_.Begin(2s);
  breaker_.Succeed(2s);
  EXPECT_EQ(breaker_.StateAt(2s), State::kHalfOpen);
  breaker_.Begin(2s);
  breaker_.Succeed(2s);
  EXPECT_EQ(breaker_.StateAt(2s), State::kClosed);
}

TEST_F(HalfOpen, FailureOpensItForTwiceAsLongUpToABound) {
  breaker_.Begin(2s);
  breaker_.Fail(2s);
  EXPECT_FALSE(breaker_.Allows(3900ms));
  EXPECT_TRUE(breaker_.Allows(4s));
  Time now = 4s;
  for (int i = 0; i < 10; ++i) {
    breaker_.Begin(now);
    breaker_.Fail(now);
    now += 30s;
    EXPECT_TRUE(breaker_.Allows(now));
  }
}

TEST_F(HalfOpen, AllProbesFailingAtOnceDoNotKeepItShutForEver) {
  for (Time now = 2s; now < 500s; now += 40s) {
    ASSERT_TRUE(breaker_.Allows(now));
    breaker_.Begin(now);
    breaker_.Begin(now);
    breaker_.Fail(now);
    breaker_.Fail(now);
  }
}

TEST_F(HalfOpen, LateAnswersToOldRequestsDoNotCloseIt) {
  breaker_.Succeed(1500ms);
  breaker_.Succeed(1500ms);
  EXPECT_EQ(breaker_.StateAt(1500ms), State::kOpen);
}

/// Two backends or more; every answer takes a millisecond unless a test says otherwise.
class Balancing : public testing::Test {
 protected:
  /// One request from beginning to end; the backend that had it.
  static int Answered(Balancer& balancer, Time now, const std::vector<Time>& latencies) {
    const int backend = balancer.Pick(now, {});
    if (backend == Balancer::kNone) return backend;
    balancer.Begin(backend, now);
    balancer.End(backend, now, Balancer::Result::kAnswered,
                 latencies[static_cast<size_t>(backend)]);
    return backend;
  }
};

TEST_F(Balancing, FewerOutstandingOfTwoIsTaken) {
  Balancer balancer({"a", "b"});
  for (int i = 0; i < 100; ++i) balancer.Begin(balancer.Pick(0s, {}), 0s);
  EXPECT_EQ(balancer.Views(0s)[0].outstanding, 50);
  Balancer many({"a", "b", "c", "d", "e", "f", "g", "h"});
  for (int i = 0; i < 800; ++i) many.Begin(many.Pick(0s, {}), 0s);
  for (const Balancer::View& view : many.Views(0s)) {
    EXPECT_NEAR(view.outstanding, 100, 5) << view.name;
  }
}

TEST_F(Balancing, TriedUnhealthyAndBrokenBackendsAreLeftOut) {
  Balancer balancer({"a", "b", "c"}, {.breaker = {.failures_in_a_row = 1}});
  EXPECT_EQ(balancer.Pick(0s, {0, 2}), 1);
  EXPECT_EQ(balancer.Pick(0s, {0, 1, 2}), Balancer::kNone);
  balancer.SetHealthy(0, false);
  balancer.Begin(1, 0s);
  balancer.End(1, 0s, Balancer::Result::kFailed);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(balancer.Pick(0s, {}), 2);
  EXPECT_EQ(balancer.Pick(0s, {2}), 0);  // the check may err; the breaker saw failures
  EXPECT_TRUE(balancer.Available(0s));
  balancer.SetHealthy(2, false);
  EXPECT_FALSE(balancer.Available(0s));
  balancer.SetHealthy(0, true);
  EXPECT_EQ(balancer.Pick(0s, {}), 0);
}

TEST_F(Balancing, AMuchSlowerBackendIsSetAsideForAWhile) {
  Balancer balancer({"a", "b", "c"});
  const std::vector<Time> latencies = {10ms, 10ms, 200ms};
  for (int i = 0; i < 1000; ++i) Answered(balancer, 1s, latencies);
  EXPECT_TRUE(balancer.Views(1s)[2].set_aside);
  EXPECT_FALSE(balancer.Views(1s)[0].set_aside);
  for (int i = 0; i < 100; ++i) EXPECT_NE(Answered(balancer, 1s, latencies), 2);
  EXPECT_FALSE(balancer.Views(12s)[2].set_aside);
}

TEST_F(Balancing, NeverMoreThanHalfAreSetAside) {
  Balancer balancer({"a", "b", "c", "d"});
  const std::vector<Time> latencies = {1s, 1s, 1s, 10ms};
  for (int i = 0; i < 4000; ++i) Answered(balancer, 1s, latencies);
  int aside = 0;
  for (const Balancer::View& view : balancer.Views(1s)) aside += view.set_aside;
  EXPECT_LE(aside, 2);
}

TEST_F(Balancing, RetriesAreAShareOfRequests) {
  Balancer balancer({"a", "b"}, {.retry_share = 0.2, .retry_burst = 5});
  int at_once = 0;
  while (balancer.TakeRetry()) ++at_once;
  EXPECT_EQ(at_once, 5);
  int retries = 0;
  for (int i = 0; i < 1000; ++i) {
    balancer.PayRetries();
    retries += balancer.TakeRetry();
  }
  EXPECT_NEAR(retries, 200, 1);
}

TEST_F(Balancing, AHedgeWaitsForThePercentile) {
  Balancer balancer({"a", "b"}, {.hedge_after = 0.9});
  EXPECT_EQ(balancer.HedgeDelay(), 0s);  // nothing is known yet
  for (int i = 0; i < 640; ++i) {
    const Time latency = (i % 100 + 1) * 1ms;
    Answered(balancer, 1s, {latency, latency});
  }
  EXPECT_NEAR(std::chrono::duration<double>(balancer.HedgeDelay()).count(), 0.09, 0.005);
  Balancer never({"a", "b"}, {.hedge_after = 1});
  for (int i = 0; i < 640; ++i) Answered(never, 1s, {1ms, 1ms});
  EXPECT_EQ(never.HedgeDelay(), 0s);
}

}  // namespace
}  // namespace keelrow::gateway
