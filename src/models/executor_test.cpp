#include "models/executor.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "base/turn.h"

namespace keelrow::models {
namespace {

using Outcome = Expected<std::vector<Tensor>>;

Tensor Row(float value) {
  return Tensor::Of({1, 1}, std::vector<float>{value});
}

/// A job that says what came of it.
std::pair<Job, std::future<Outcome>> MakeJob(float value) {
  auto promise = std::make_shared<std::promise<Outcome>>();
  auto future = promise->get_future();
  return {Job{.inputs = {Row(value)},
              .answer = [promise](Outcome outcome) { promise->set_value(std::move(outcome)); }},
          std::move(future)};
}

/// Jobs of 0, 1, 2 …
std::vector<std::future<Outcome>> SubmitMany(Executor& executor, const std::shared_ptr<Lane>& lane,
                                             int count) {
  std::vector<std::future<Outcome>> futures;
  for (int i = 0; i < count; ++i) {
    auto [job, future] = MakeJob(static_cast<float>(i));
    EXPECT_TRUE(executor.Submit(lane, std::move(job)));
    futures.push_back(std::move(future));
  }
  return futures;
}

std::vector<Tensor> Doubled(std::span<const Tensor> inputs) {
  Tensor output = inputs[0];
  for (float& value : output.As<float>()) value *= 2;
  return {output};
}

float ValueOf(std::future<Outcome>& future) {
  return future.get().Value().at(0).As<float>()[0];
}

/// A network that answers only once it is let go, so that jobs gather behind the first.
struct Gate {
  std::promise<void> open;
  std::shared_future<void> opened = open.get_future().share();
  std::latch entered{1};
  std::atomic<bool> first{true};
  std::mutex mutex;
  std::vector<int64_t> runs;  // rows of each

  std::vector<Tensor> operator()(std::span<const Tensor> inputs) {
    if (first.exchange(false)) {
      entered.count_down();
      opened.wait();
    }
    {
      const std::lock_guard lock(mutex);
      runs.push_back(inputs[0].Rows());
    }
    return Doubled(inputs);
  }
};

TEST(Executor, AnswersEachJobWithItsOwnRows) {
  Executor executor(3);
  const auto lane = executor.Open({.rows_max = 8}, Doubled);
  std::vector<std::future<Outcome>> futures = SubmitMany(executor, lane, 200);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(ValueOf(futures[i]), 2.0F * static_cast<float>(i));
  const LaneStats stats = executor.Stats(*lane);
  EXPECT_EQ(stats.succeeded, 200U);
  EXPECT_EQ(stats.rows, 200U);
}

/// Where a network ran last.
struct Witness {
  std::chrono::milliseconds takes{0};
  std::thread::id thread;

  std::vector<Tensor> operator()(std::span<const Tensor> inputs) {
    std::this_thread::sleep_for(takes);
    thread = std::this_thread::get_id();
    return Doubled(inputs);
  }
};

/// Whether the submitter itself runs one of so many jobs of that many values.
bool RunsHere(Executor& executor, const std::shared_ptr<Lane>& lane, const Witness& witness,
              int jobs, int64_t values) {
  for (int i = 0; i < jobs; ++i) {
    auto [job, future] = MakeJob(1);
    job.inputs = {Tensor::Zeros(DType::kFloat32, {1, values})};
    EXPECT_TRUE(executor.Submit(lane, std::move(job)));
    future.wait();
    if (witness.thread == std::this_thread::get_id()) return true;
  }
  return false;
}

TEST(Executor, AQuickNetworkRunsOnTheThreadThatSubmits) {
  Executor executor(1);
  Witness quick;
  const auto lane = executor.Open({}, std::ref(quick));
  EXPECT_FALSE(RunsHere(executor, lane, quick, 1, 1));  // nothing is known of it yet
  EXPECT_TRUE(RunsHere(executor, lane, quick, 100'000, 1));
  EXPECT_FALSE(RunsHere(executor, lane, quick, 1, 1000));  // of a larger input neither
}

TEST(Executor, ASlowNetworkNeverHoldsTheSubmitterUp) {
  Executor executor(1);
  Witness slow{.takes = std::chrono::milliseconds(1)};
  const auto lane = executor.Open({}, std::ref(slow));
  EXPECT_FALSE(RunsHere(executor, lane, slow, 40, 1));
}

/// This thread as an event loop, whose turns the test ends.
struct Turns {
  std::vector<TurnWork> works;
  TurnsOfThisThread turns{[this](TurnWork work) { works.push_back(std::move(work)); }};

  void End() {
    for (TurnWork& work : std::exchange(works, {})) work();
  }
};

/// Until the lane is known as quick: the submitter has run a job itself.
void Hurry(Executor& executor, const std::shared_ptr<Lane>& lane) {
  std::atomic<std::thread::id> ran{};
  for (int i = 0; i < 100'000 && ran.load() != std::this_thread::get_id(); ++i) {
    std::latch answered(1);
    ASSERT_TRUE(executor.Submit(lane, {.inputs = {Row(1)}, .answer = [&](const Outcome&) {
                                         ran = std::this_thread::get_id();
                                         answered.count_down();
                                       }}));
    answered.wait();
  }
  ASSERT_EQ(ran.load(), std::this_thread::get_id());
}

TEST(Executor, WhatAnEventLoopSubmitsInOneTurnRunsTogether) {
  std::vector<int64_t> runs;
  Executor executor(1);
  const auto lane = executor.Open({.rows_max = 4}, [&](std::span<const Tensor> inputs) {
    runs.push_back(inputs[0].Rows());
    return Doubled(inputs);
  });
  Hurry(executor, lane);
  runs.clear();
  Turns turns;
  std::vector<std::future<Outcome>> futures = SubmitMany(executor, lane, 6);
  EXPECT_EQ(runs, (std::vector<int64_t>{4})) << "a full run waits for nothing";
  turns.End();
  EXPECT_EQ(runs, (std::vector<int64_t>{4, 2}));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(ValueOf(futures[i]), 2.0F * static_cast<float>(i));
}

TEST(Executor, ATurnLeavesToTheThreadsWhatTheyAreBusyWith) {
  Executor executor(1);
  Gate gate;
  gate.first = false;
  const auto lane = executor.Open({.rows_max = 8}, std::ref(gate));
  Hurry(executor, lane);
  Turns turns;
  auto [mine, one] = MakeJob(1);
  ASSERT_TRUE(executor.Submit(lane, std::move(mine)));
  gate.first = true;
  std::thread other([&] {
    auto [job, future] = MakeJob(2);
    EXPECT_TRUE(executor.Submit(lane, std::move(job)));
    EXPECT_EQ(ValueOf(future), 4);
  });
  gate.entered.wait();
  turns.End();
  EXPECT_EQ(one.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  gate.open.set_value();
  EXPECT_EQ(ValueOf(one), 2);
  other.join();
}

TEST(Executor, ATurnThatEndsAfterTheExecutorIsAnswered) {
  auto executor = std::make_unique<Executor>(1);
  const auto lane = executor->Open({.rows_max = 8}, Doubled);
  Hurry(*executor, lane);
  Turns turns;
  auto [job, future] = MakeJob(1);
  ASSERT_TRUE(executor->Submit(lane, std::move(job)));
  executor.reset();
  turns.End();
  const Outcome outcome = future.get();
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code(), Code::kInterrupted);
}

TEST(Executor, AnAnswerThatAsksAgainIsPartOfItsTurn) {
  Executor executor(1);
  const auto lane = executor.Open({.rows_max = 8}, Doubled);
  const auto other = executor.Open({.rows_max = 8}, Doubled);
  Hurry(executor, lane);
  Hurry(executor, other);
  Turns turns;
  auto [again, third] = MakeJob(3);
  auto [beside, second] = MakeJob(2);
  Job first{.inputs = {Row(1)}, .answer = [&](const Outcome&) {
              EXPECT_TRUE(executor.Submit(lane, std::move(again)));
            }};
  ASSERT_TRUE(executor.Submit(lane, std::move(first)));
  ASSERT_TRUE(executor.Submit(other, std::move(beside)));
  turns.End();
  EXPECT_EQ(ValueOf(second), 4);
  EXPECT_EQ(ValueOf(third), 6);
}

TEST(Executor, WhatIsTooLateAtTheEndOfItsTurnDoesNotRun) {
  Executor executor(1);
  const auto lane = executor.Open({.rows_max = 8}, Doubled);
  Hurry(executor, lane);
  Turns turns;
  auto [late, one] = MakeJob(1);
  late.deadline = Clock::now();
  auto [left, two] = MakeJob(2);
  left.abandoned = [] { return true; };
  auto [good, three] = MakeJob(3);
  ASSERT_TRUE(executor.Submit(lane, std::move(late)));
  ASSERT_TRUE(executor.Submit(lane, std::move(left)));
  ASSERT_TRUE(executor.Submit(lane, std::move(good)));
  turns.End();
  EXPECT_FALSE(one.get().ok());
  EXPECT_FALSE(two.get().ok());
  EXPECT_EQ(ValueOf(three), 6);
  EXPECT_EQ(executor.Stats(*lane).dropped, 2U);
}

/// A network that takes as long for many rows as for one: no row is slow, the run is.
TEST(Executor, ARunThatIsLongAltogetherIsNotForTheSubmitter) {
  Executor executor(1);
  Gate gate;
  Witness slow{.takes = std::chrono::milliseconds(1)};
  const auto lane =
      executor.Open({.rows_max = 64, .queue_max = 2000}, [&](std::span<const Tensor> inputs) {
        gate(inputs);
        return slow(inputs);
      });
  std::vector<std::future<Outcome>> futures;
  for (int i = 0; i < 20 * 64; ++i) {
    auto [job, future] = MakeJob(1);
    if (!executor.Submit(lane, std::move(job))) break;
    futures.push_back(std::move(future));
    if (i == 0) gate.entered.wait();
  }
  gate.open.set_value();
  for (auto& future : futures) future.wait();
  EXPECT_FALSE(RunsHere(executor, lane, slow, 20, 1));
}

TEST(Executor, JobsThatCameTogetherRunTogetherUpToTheBound) {
  Gate gate;
  Executor executor(1);
  const auto lane = executor.Open({.rows_max = 4}, std::ref(gate));
  std::vector<std::future<Outcome>> futures;
  for (int i = 0; i < 10; ++i) {
    auto [job, future] = MakeJob(static_cast<float>(i));
    ASSERT_TRUE(executor.Submit(lane, std::move(job)));
    futures.push_back(std::move(future));
    if (i == 0) gate.entered.wait();
  }
  gate.open.set_value();
  for (auto& future : futures) future.wait();
  EXPECT_EQ(gate.runs, (std::vector<int64_t>{1, 4, 4, 1}));
}

TEST(Executor, PrioritiesGoFirstAndWhatIsTooLateDoesNotRun) {
  Gate gate;
  Executor executor(1);
  std::vector<float> order;
  const auto lane = executor.Open({}, [&](std::span<const Tensor> inputs) {
    auto output = gate(inputs);
    order.push_back(inputs[0].As<float>()[0]);
    return output;
  });
  std::vector<std::future<Outcome>> futures;
  const auto submit = [&](float value, int priority, Clock::time_point deadline) {
    auto [job, future] = MakeJob(value);
    job.priority = priority;
    job.deadline = deadline;
    ASSERT_TRUE(executor.Submit(lane, std::move(job)));
    futures.push_back(std::move(future));
  };
  submit(0, 1, Clock::time_point::max());
  gate.entered.wait();
  submit(1, 1, Clock::time_point::max());
  submit(2, 1, Clock::now());
  submit(3, 0, Clock::time_point::max());
  gate.open.set_value();
  EXPECT_EQ(futures[2].get().error().code(), Code::kTimeout);
  for (const size_t i : {0, 1, 3}) futures[i].wait();
  EXPECT_EQ(order, (std::vector<float>{0, 3, 1}));
  EXPECT_EQ(executor.Stats(*lane).dropped, 1U);
}

TEST(Executor, RunsOfSeveralThreadsAreFewerAtOnce) {
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  std::atomic<int> begun{0};
  std::latch together{2};
  Executor executor(4);
  const auto lane = executor.Open({.threads = 2}, [&](std::span<const Tensor> inputs) {
    const int now = ++running;
    for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    if (begun++ < 2) together.arrive_and_wait();
    auto outputs = Doubled(inputs);
    --running;
    return outputs;
  });
  std::vector<std::future<Outcome>> futures = SubmitMany(executor, lane, 20);
  for (auto& future : futures) future.wait();
  EXPECT_EQ(most, 2);
}

TEST(Executor, WhatIsAbandonedDoesNotRun) {
  Gate gate;
  Executor executor(1);
  const auto lane = executor.Open({}, std::ref(gate));
  auto [first, one] = MakeJob(1);
  ASSERT_TRUE(executor.Submit(lane, std::move(first)));
  gate.entered.wait();
  std::atomic<bool> gone{false};
  auto [second, two] = MakeJob(2);
  second.abandoned = [&] { return gone.load(); };
  ASSERT_TRUE(executor.Submit(lane, std::move(second)));
  gone = true;
  gate.open.set_value();
  EXPECT_FALSE(two.get().ok());
  EXPECT_EQ(executor.Stats(*lane).dropped, 1U);
  EXPECT_EQ(gate.runs.size(), 1U);
}

TEST(Executor, RefusesBeyondTheQueue) {
  Gate gate;
  Executor executor(1);
  const auto lane = executor.Open({.queue_max = 1}, std::ref(gate));
  auto [first, one] = MakeJob(1);
  ASSERT_TRUE(executor.Submit(lane, std::move(first)));
  gate.entered.wait();
  auto [second, two] = MakeJob(2);
  auto [third, three] = MakeJob(3);
  EXPECT_TRUE(executor.Submit(lane, std::move(second)));
  EXPECT_FALSE(executor.Submit(lane, std::move(third)));
  ASSERT_TRUE(third.answer) << "untouched";
  gate.open.set_value();
  EXPECT_EQ(ValueOf(two), 4);
}

TEST(Executor, OneBadJobDoesNotFailTheOthersOfItsRun) {
  Gate gate;
  Executor executor(1);
  const auto lane = executor.Open({.rows_max = 8}, [&](std::span<const Tensor> inputs) {
    auto output = gate(inputs);
    for (const float value : inputs[0].As<float>()) {
      if (value == 2) throw Error(Code::kInternal, "two");
    }
    return output;
  });
  std::vector<std::future<Outcome>> futures;
  for (int i = 0; i < 4; ++i) {
    auto [job, future] = MakeJob(static_cast<float>(i));
    ASSERT_TRUE(executor.Submit(lane, std::move(job)));
    futures.push_back(std::move(future));
    if (i == 0) gate.entered.wait();
  }
  gate.open.set_value();
  EXPECT_EQ(ValueOf(futures[1]), 2);
  EXPECT_FALSE(futures[2].get().ok());
  EXPECT_EQ(ValueOf(futures[3]), 6);
}

TEST(Executor, WaitsForMoreOnlyWhereJobsComeTogether) {
  Executor executor(1);
  const auto lane = executor.Open({.rows_max = 8, .wait = std::chrono::seconds(20)}, Doubled);
  for (int i = 0; i < 20; ++i) {  // each alone: 20 waits would never end
    auto [job, future] = MakeJob(1);
    ASSERT_TRUE(executor.Submit(lane, std::move(job)));
    EXPECT_EQ(ValueOf(future), 2);
  }
}

TEST(Executor, AnswersWhatWaitsWhenItEnds) {
  Gate gate;
  auto executor = std::make_unique<Executor>(1);
  const auto lane = executor->Open({}, std::ref(gate));
  auto [first, one] = MakeJob(1);
  auto [second, two] = MakeJob(2);
  executor->Submit(lane, std::move(first));
  gate.entered.wait();
  executor->Submit(lane, std::move(second));
  std::thread end([&] { executor.reset(); });
  gate.open.set_value();
  end.join();
  EXPECT_TRUE(one.get().ok());
  const Outcome outcome = two.get();
  EXPECT_TRUE(outcome.ok() || outcome.error().code() == Code::kInterrupted);
}

}  // namespace
}  // namespace keelrow::models
