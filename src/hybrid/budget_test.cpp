#include "hybrid/budget.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/error.h"
#include "base/files.h"

namespace keelrow::hybrid {
namespace {

using namespace std::chrono_literals;

class Budgets : public testing::Test {
 protected:
  Budget Make(double limit) {
    return Budget(
        {.limit = limit, .period = 1h, .file = folder_.path() / "budget.json", .clock = [this] {
           return std::chrono::system_clock::time_point(now_.load());
         }});
  }
  /// How many of `count` could be taken; waits for blocks, as requests that come later would.
  static int TakeMany(Budget& budget, int count, double cost = 1) {
    int taken = 0;
    int refused = 0;
    while (taken < count && refused < 200) {
      if (budget.Take(cost)) {
        ++taken;
        refused = 0;
      } else {
        ++refused;
        std::this_thread::sleep_for(1ms);
      }
    }
    return taken;
  }

  TemporaryFolder folder_;
  std::atomic<std::chrono::seconds> now_{1'800'000'000s};
};

TEST_F(Budgets, NoMoreThanTheLimitByHoweverMany) {
  Budget a = Make(300), b = Make(300);
  std::atomic<int> taken{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] { taken += TakeMany(i % 2 == 0 ? a : b, 1'000); });
  }
  threads.clear();
  EXPECT_LE(taken, 300);
  EXPECT_GE(taken, 294);  // what each holds at hand may be the other's last
  EXPECT_EQ(a.Spent() + b.Spent(), taken);
}

TEST_F(Budgets, ARestartGoesOnAndAnotherPeriodBeginsAnew) {
  {
    Budget first = Make(100);
    EXPECT_EQ(TakeMany(first, 60), 60);
  }
  Budget again = Make(100);
  EXPECT_EQ(TakeMany(again, 100), 40);
  now_ = now_.load() + 3600s;
  EXPECT_EQ(TakeMany(again, 1'000), 100);
}

TEST_F(Budgets, WhatWasPutBackCanBeTaken) {
  Budget budget = Make(10);
  EXPECT_EQ(TakeMany(budget, 9), 9);
  std::optional<Budget::Taken> last;
  while (!last) last = budget.Take(1);
  EXPECT_EQ(TakeMany(budget, 100), 0);
  budget.PutBack(*last);
  EXPECT_EQ(TakeMany(budget, 100), 1);
  now_ = now_.load() + 3600s;
  EXPECT_EQ(TakeMany(budget, 1), 1);
  budget.PutBack(*last);
  EXPECT_EQ(TakeMany(budget, 100), 9) << "another period's";
}

TEST_F(Budgets, AClockThatIsBehindResetsNothing) {
  Budget budget = Make(10);
  EXPECT_EQ(TakeMany(budget, 6), 6);
  now_ = now_.load() - 3600s;
  EXPECT_EQ(TakeMany(budget, 100), 0);
  now_ = now_.load() + 3600s;
  EXPECT_LE(TakeMany(budget, 100), 4);
}

TEST_F(Budgets, ARequestThatCostsMoreThanABlockCanBeTaken) {
  Budget budget = Make(10);
  EXPECT_EQ(TakeMany(budget, 100, 4), 2);
}

TEST_F(Budgets, AKilledProcessLosesABlockAndSpendsNothingTwice) {
  const pid_t child = ::fork();
  if (child == 0) {
    Budget budget = Make(100);
    TakeMany(budget, 50);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  Budget budget = Make(100);
  const int left = TakeMany(budget, 1'000);
  EXPECT_LE(left, 50);
  EXPECT_GE(left, 48);
}

TEST_F(Budgets, AFileThatIsNoneIsSaid) {
  WriteFileDurably(folder_.path() / "budget.json", "{\"period\": 1");
  EXPECT_THROW(Make(1), Error);
}

}  // namespace
}  // namespace keelrow::hybrid
