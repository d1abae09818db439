#include "gateway/shared_budget.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <optional>

#include "base/files.h"
#include "base/free_port_for_test.h"
#include "base/process.h"
#include "gateway/rate_limit.h"

namespace keelrow::gateway {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

TEST(RedisUrl, IsReadWholeOrRefusedWithoutRepeatingIt) {
  const RedisOptions full = ParseRedisUrl("redis://ann:se:cr@t@cache.local:7000/3").Value();
  EXPECT_EQ(full.user, "ann");
  EXPECT_EQ(full.password, "se:cr@t");
  EXPECT_EQ(full.host, "cache.local");
  EXPECT_EQ(full.port, 7000);
  EXPECT_EQ(full.database, 3);
  const RedisOptions plain = ParseRedisUrl("redis://127.0.0.1").Value();
  EXPECT_EQ(plain.host, "127.0.0.1");
  EXPECT_EQ(plain.port, 6379);
  for (const char* bad : {"", "http://h", "redis://", "redis://:secret@", "redis://h:0",
                          "redis://h:99999", "redis://h:1x", "redis://h/x", "redis://h/-1"}) {
    const auto read = ParseRedisUrl(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().code(), Code::kBadValue);
    EXPECT_EQ(std::string(read.error().what()).find("secret"), std::string::npos);
  }
}

/// A real Redis server, and gateways that share it.
class SharedLimits : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kProgram)) GTEST_SKIP() << "no " << kProgram << ": ./bootstrap --dev";
    StartRedis();
  }

  void StartRedis() {
    redis_.emplace(Command{
        .arguments = {kProgram, "--port", std::to_string(port_), "--bind", "127.0.0.1", "--save",
                      "", "--requirepass", "open sesame", "--dir", folder_.path().string()},
        .log = folder_.path() / "redis.log"});
    Redis probe(Address());
    const auto end = Clock::now() + 20s;
    while (!probe.Integers({"EVAL", "return {1}", "0"}) && Clock::now() < end) {
      std::this_thread::yield();
    }
  }
  void KillRedis() {
    redis_->Signal(SIGKILL);
    redis_->Wait();
    redis_.reset();
  }

  RedisOptions Address() const {
    return {.port = port_, .password = "open sesame", .database = 1, .timeout = 200ms};
  }

  /// A gateway of its own: 1,000 requests a second and 500 at once, for all that share Redis.
  std::unique_ptr<RateLimiter> Gateway(bool closed = false) {
    return std::make_unique<RateLimiter>(RateLimitOptions{
        .all = {.per_second = 1000, .burst = 500},
        .shared = std::make_shared<SharedBudget>(SharedBudgetOptions{.redis = Address()}),
        .closed = closed});
  }

  struct Passage {
    double requests = 0;
    double seconds = 0;  // that it took: a busy machine stops the threads later than they meant to
  };
  /// What passes while every gateway is asked as often as possible, on a thread each.
  static Passage Passed(const std::vector<RateLimiter*>& gateways, Clock::duration lasting) {
    const auto began = Clock::now();
    std::atomic<int> passed{0};
    std::vector<std::thread> threads;
    for (RateLimiter* gateway : gateways) {
      threads.emplace_back([&, gateway] {
        while (Clock::now() < began + lasting) {
          if (gateway->Admit({.client = "ann"}).allowed) ++passed;
          std::this_thread::yield();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    return {static_cast<double>(passed),
            std::chrono::duration<double>(Clock::now() - began).count()};
  }

  /// Asks until the gateway says so or ten seconds have passed.
  static bool Becomes(RateLimiter& gateway, const std::function<bool(const Verdict&)>& so) {
    const auto end = Clock::now() + 10s;
    while (Clock::now() < end) {
      if (so(gateway.Admit({.client = "ann"}))) return true;
      std::this_thread::yield();
    }
    return false;
  }

  static constexpr const char* kProgram = "/usr/bin/redis-server";
  TemporaryFolder folder_;
  uint16_t port_ = FreePort();
  std::optional<Process> redis_;
};

TEST_F(SharedLimits, TwoGatewaysHaveOneBudget) {
  const auto a = Gateway();
  const auto b = Gateway();
  // Their first bursts may both pass; they are paid back within the first second.
  const auto [requests, seconds] = Passed({a.get(), b.get()}, 10s);
  EXPECT_NEAR(requests, 500 + 1000 * seconds, 0.01 * 10'500);
}

TEST_F(SharedLimits, AloneEveryGatewayHasTheWholeBudget) {
  const auto a = Gateway();
  const auto [requests, seconds] = Passed({a.get()}, 2s);
  EXPECT_NEAR(requests, 500 + 1000 * seconds, 0.015 * 2500);
}

TEST_F(SharedLimits, WithoutRedisOpenMeansLocalLimits) {
  const auto a = Gateway();
  const auto b = Gateway();
  Passed({a.get(), b.get()}, 500ms);
  KillRedis();
  Passed({a.get(), b.get()}, 3s);  // until both have noticed, and used up their first bursts
  const auto [apart, seconds] = Passed({a.get(), b.get()}, 2s);
  EXPECT_NEAR(apart, 2 * 1000 * seconds, 0.06 * 4000);
  StartRedis();
  // One budget again: both reach Redis, pay for what they passed meanwhile, and then share.
  Passed({a.get(), b.get()}, 2s);
  const auto [together, longer] = Passed({a.get(), b.get()}, 3s);
  EXPECT_LE(together, 1.2 * 1000 * longer);
}

TEST_F(SharedLimits, WithoutRedisClosedMeansNothingPasses) {
  const auto gateway = Gateway(true);
  EXPECT_TRUE(gateway->Admit({.client = "ann"}).allowed);
  KillRedis();
  EXPECT_TRUE(Becomes(*gateway, [](const Verdict& verdict) { return verdict.limit == "shared"; }));
  EXPECT_EQ(Passed({gateway.get()}, 300ms).requests, 0);
  StartRedis();
  EXPECT_TRUE(Becomes(*gateway, [](const Verdict& verdict) { return verdict.allowed; }));
}

TEST_F(SharedLimits, ARedisThatHangsHoldsUpNoRequest) {
  const auto gateway = Gateway();
  gateway->Admit({.client = "ann"});
  redis_->Signal(SIGSTOP);
  const auto begin = Clock::now();
  for (int i = 0; i < 1000; ++i) gateway->Admit({.client = "ann"});
  EXPECT_LT(Clock::now() - begin, 100ms);
  redis_->Signal(SIGCONT);
}

TEST_F(SharedLimits, AWrongPasswordIsAnErrorAndNoHang) {
  RedisOptions options = Address();
  options.password = "wrong";
  const auto answer = Redis(options).Integers({"EVAL", "return {1}", "0"});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Code::kBadRequest);
}

}  // namespace
}  // namespace keelrow::gateway
