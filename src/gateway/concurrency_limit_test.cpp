#include "gateway/concurrency_limit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <queue>
#include <thread>

#include "base/random.h"
#include "http/client.h"
#include "http/server.h"

namespace keelrow::gateway {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::nanoseconds;

/// A service in simulated time: workers with a queue before them, requests at random times.
struct Load {
  int workers = 4;
  Time work = 20ms;    // mean; each takes between half and one and a half
  double offered = 5;  // times what the workers can do
  Time lasting = 30s;
  bool limited = true;
};

struct Served {
  double goodput = 0;  // of what the workers can do
  Time p99{0};
};

class Simulation : public testing::Test {
 protected:
  /// Runs from where the last one ended. Measures the last two thirds.
  Served Run(const Load& load) {
    const Time begin = now_;
    const Time end = begin + load.lasting;
    const Time measured_from = begin + load.lasting / 3;
    const double capacity = load.workers / std::chrono::duration<double>(load.work).count();
    const Time gap = std::chrono::duration_cast<Time>(1s / (capacity * load.offered));
    std::vector<Time> latencies;
    Time next = now_;
    while (now_ < end) {
      if (!leaving_.empty() && leaving_.top().left <= next) {
        const Visit visit = leaving_.top();
        leaving_.pop();
        now_ = visit.left;
        if (load.limited) limit_.Leave({visit.entered, visit.left, true});
        if (visit.left >= measured_from) latencies.push_back(visit.left - visit.entered);
        continue;
      }
      now_ = next;
      if (!load.limited || limit_.TryEnter()) {
        Enter(load);
      } else {
        ++refused_;
      }
      next = now_ + Exponential(gap);
    }
    std::ranges::sort(latencies);
    const double seconds = std::chrono::duration<double>(end - measured_from).count();
    return {.goodput = static_cast<double>(latencies.size()) / seconds / capacity,
            .p99 = latencies.empty() ? 0ns : latencies[latencies.size() * 99 / 100]};
  }

  ConcurrencyLimit limit_;
  int refused_ = 0;

 private:
  struct Visit {
    Time entered;
    Time left;
    bool operator<(const Visit& other) const { return left > other.left; }
  };

  void Enter(const Load& load) {
    free_at_.resize(static_cast<size_t>(load.workers), now_);
    Time& worker = *std::ranges::min_element(free_at_);
    worker = std::max(worker, now_) +
             std::chrono::duration_cast<Time>(load.work * random_.Uniform(0.5, 1.5));
    leaving_.push({.entered = now_, .left = worker});
  }
  Time Exponential(Time mean) {
    return std::chrono::duration_cast<Time>(mean * -std::log(1 - random_.Uniform(0, 1)));
  }

  Random random_{1, "concurrency"};
  Time now_{0};
  std::vector<Time> free_at_;
  std::priority_queue<Visit> leaving_;
};

TEST_F(Simulation, WithoutALimitAnOverloadMakesEverybodyWait) {
  EXPECT_GT(Run({.limited = false}).p99, 5s);
}

TEST_F(Simulation, AnOverloadOfFiveTimesKeepsGoodputAndLatency) {
  const Served light = Run({.offered = 0.5});
  EXPECT_NEAR(light.goodput, 0.5, 0.03);
  const Served overload = Run({.lasting = 60s});
  EXPECT_GE(overload.goodput, 0.9);
  EXPECT_LE(overload.p99, 120ms);
}

TEST_F(Simulation, AlsoWhenItBeginsInTheMiddleOfOne) {
  const Served overload = Run({.lasting = 120s});
  EXPECT_GE(overload.goodput, 0.9);
  EXPECT_LE(overload.p99, 150ms);
  EXPECT_LE(limit_.Limit(), 40);
}

TEST_F(Simulation, AMillisecondsServiceAndASecondsService) {
  for (const Time work : {Time(1ms), Time(1s)}) {
    const Served overload = Run({.work = work, .lasting = std::max<Time>(300 * work, 60s)});
    EXPECT_GE(overload.goodput, 0.9) << work.count();
    EXPECT_LE(overload.p99, std::max<Time>(6 * work, 60ms)) << work.count();
  }
}

TEST_F(Simulation, AServiceThatBecomesSlowerIsMeasuredAnew) {
  Run({.lasting = 30s});
  const Served slower = Run({.work = 80ms, .lasting = 60s});
  EXPECT_GE(slower.goodput, 0.9);
  EXPECT_LE(slower.p99, 480ms);
}

TEST_F(Simulation, WhatTheWorkersCanDoIsNotRefused) {
  Run({.offered = 0.6, .lasting = 120s});
  EXPECT_EQ(refused_, 0);
  const Served busy = Run({.offered = 0.8, .lasting = 120s});  // 19,200 requests in random bursts
  EXPECT_NEAR(busy.goodput, 0.8, 0.02);
  EXPECT_LE(refused_, 100);
}

/// Batches: latency is ten times that of a lone request when thirty-two are inside, and answers a
/// second are three times as many. That is not overload.
TEST(ConcurrencyLimit, LeavesBatchesTheirShortWait) {
  ConcurrencyLimit limit({.initial = 40});
  Time now = 0ns;
  for (int i = 0; i < 5000; ++i, now += 100us) {
    ASSERT_TRUE(limit.TryEnter());
    limit.Leave({now - 100us, now, true});
  }
  for (int round = 0; round < 5000; ++round, now += 1ms) {
    for (int i = 0; i < 32; ++i) ASSERT_TRUE(limit.TryEnter()) << round;
    for (int i = 0; i < 32; ++i) limit.Leave({now - 1ms, now, true});
  }
}

TEST(ConcurrencyLimit, CountsWhoIsInsideOnManyThreads) {
  ConcurrencyLimit limit({.min = 8, .max = 8});
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20'000; ++round) {
        if (!limit.TryEnter()) continue;
        const int now = ++inside;
        int known = most;
        while (known < now && !most.compare_exchange_weak(known, now)) {
        }
        --inside;
        limit.Leave({Time(round), Time(round + 1000), true});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 8);
  EXPECT_EQ(limit.Inside(), 0);
}

/// A real server with two workers, each request ten milliseconds of one.
class OverloadedServer : public testing::Test {
 protected:
  using Clock = std::chrono::steady_clock;

  OverloadedServer() { server_.Start(); }

  http::Router Routes() {
    return http::Router({{.method = "POST",
                          .pattern = "/predict",
                          .handler = http::Sync([](const http::Request&) {
                            std::this_thread::sleep_for(10ms);  // the work itself
                            return http::Response::Text("done");
                          }),
                          .access = http::Access::kOpen,
                          .run_on = http::RunOn::kWorkers,
                          .scope = "predict"}},
                        {Admission(limit_, [this] { ++shed_; })});
  }

  struct Crowd {
    int clients;
    Clock::duration gap;  // between one client's requests; a late answer shortens it
    Clock::duration lasting;
  };
  struct Outcome {
    double per_second = 0;  // good answers, after the first quarter
    Clock::duration p99{};
  };
  Outcome Ask(const Crowd& crowd) {
    const auto begin = Clock::now();
    const auto end = begin + crowd.lasting;
    const auto measured_from = begin + crowd.lasting / 4;
    std::mutex mutex;
    std::vector<Clock::duration> good;
    std::vector<std::thread> threads;
    for (int client = 0; client < crowd.clients; ++client) {
      threads.emplace_back([&, client] {
        http::Client connection({.port = server_.Port()});
        for (auto due = begin + client * crowd.gap / crowd.clients; due < end; due += crowd.gap) {
          std::this_thread::sleep_until(due);
          const auto asked = Clock::now();
          if (asked >= end) return;
          const http::Response response = connection.Post("/predict", "");
          EXPECT_TRUE(response.status == 200 || response.headers.Find("Retry-After"));
          const std::lock_guard lock(mutex);
          if (response.status == 200 && asked >= measured_from)
            good.push_back(Clock::now() - asked);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    std::ranges::sort(good);
    const double seconds = std::chrono::duration<double>(end - measured_from).count();
    return {.per_second = static_cast<double>(good.size()) / seconds,
            .p99 = good.empty() ? Clock::duration{} : good[good.size() * 99 / 100]};
  }

  std::shared_ptr<ConcurrencyLimit> limit_ =
      std::make_shared<ConcurrencyLimit>(ConcurrencyOptions{.initial = 200});
  std::atomic<int> shed_{0};
  http::Server server_{{.worker_threads = 2}, Routes()};
};

TEST_F(OverloadedServer, FiveTimesItsLoad) {
  // As much as it can: three clients that ask again at once keep two workers busy.
  const Outcome peak = Ask({.clients = 3, .gap = 1ms, .lasting = 2s});
  EXPECT_GT(peak.per_second, 100);
  EXPECT_EQ(shed_, 0);
  // A thousand requests a second. All hundred clients in the queue would wait half a second.
  const Outcome overload = Ask({.clients = 100, .gap = 100ms, .lasting = 5s});
  EXPECT_GE(overload.per_second, 0.9 * peak.per_second);
  EXPECT_LE(overload.p99, 250ms);
  EXPECT_GT(shed_, 0);
  EXPECT_EQ(limit_->Inside(), 0);
}

}  // namespace
}  // namespace keelrow::gateway
