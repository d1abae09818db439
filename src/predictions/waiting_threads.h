#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/queue.h"

namespace keelrow::predictions {

/// Threads for jobs that wait for others, so that those which compute are not held up. They start
/// with the first job. Thread-safe.
class WaitingThreads {
 public:
  WaitingThreads(int threads, size_t queue_max);
  ~WaitingThreads();  // Close
  WaitingThreads(const WaitingThreads&) = delete;

  /// Takes no more jobs. What runs ends; what has not begun is dropped.
  void Close();

  /// False when too many wait, or the threads are closed.
  bool Post(std::function<void()> job);

 private:
  void Work();

  const int count_;
  BoundedQueue<std::function<void()>> jobs_;
  std::atomic<bool> stopping_{false};
  std::once_flag started_;
  std::vector<std::thread> threads_;
};

}  // namespace keelrow::predictions
