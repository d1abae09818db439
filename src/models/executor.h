#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "base/expected.h"
#include "base/tensor.h"

namespace keelrow::models {

using Clock = std::chrono::steady_clock;

/// One question to a network.
struct Job {
  std::vector<Tensor> inputs;
  int priority = 0;  // smaller ones first; equal ones in the order of their coming
  Clock::time_point deadline = Clock::time_point::max();  // not run after it: kTimeout
  std::function<bool()> abandoned = {};  // whether nobody waits any more; then it is not run
  /// Called exactly once, on one of the executor's threads, its destructor's, or the submitter's
  /// own: before Submit returns, or at the end of its turn (base/turn.h). Must not throw.
  std::function<void(Expected<std::vector<Tensor>>)> answer;
};

struct LaneOptions {
  int64_t rows_max = 1;               // of one run, made of several jobs
  std::chrono::microseconds wait{0};  // for more rows, while jobs come together at all
  size_t queue_max = 256;             // jobs that wait, besides those of turns that end
  int threads = 1;                    // of the processor that one run takes
  int instances = 0;  // runs at the same time; 0: as many as the executor has threads for
};

/// What a lane has done since it was opened.
struct LaneStats {
  struct Batch {
    uint64_t runs = 0;
    std::chrono::nanoseconds time{0};
  };
  uint64_t succeeded = 0;  // jobs
  uint64_t failed = 0;
  uint64_t dropped = 0;                // expired or abandoned before they ran
  uint64_t rows = 0;                   // of those that ran
  std::chrono::nanoseconds queued{0};  // summed over jobs
  std::chrono::nanoseconds ran{0};     // summed over runs
  std::map<int64_t, Batch> batches;    // by rows of a run
  size_t waiting = 0;                  // jobs now
  std::chrono::system_clock::time_point last{};

  uint64_t Runs() const;
};

class Lane;

/// Threads that run networks, shared by all models. Each model has a lane: a bounded queue whose
/// jobs are run together, several as the rows of one run, when they have come together: a job that
/// comes alone to an idle thread never waits for others. Lanes take turns. A network that takes
/// less time than waking a thread for it is run by who submits the job; what an event loop submits
/// in one turn is run together. Thread-safe.
class Executor {
 public:
  using Run = std::function<std::vector<Tensor>(std::span<const Tensor> inputs)>;

  explicit Executor(int threads);
  ~Executor();  // Close
  Executor(const Executor&) = delete;

  /// `run` may be called from many threads. The lane may outlive the executor, but not take jobs.
  std::shared_ptr<Lane> Open(const LaneOptions& options, Run run);
  /// How many runs of such a lane there are at most at the same time.
  int InstancesOf(const LaneOptions& options) const;

  /// Takes no more jobs. Those that wait are answered with kInterrupted, those that run end first.
  void Close();

  /// False, and `job` untouched, when the lane's queue is full or the executor is closed.
  bool Submit(const std::shared_ptr<Lane>& lane, Job&& job);
  LaneStats Stats(const Lane& lane) const;

  int threads() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // also of turns that have not ended
};

}  // namespace keelrow::models
