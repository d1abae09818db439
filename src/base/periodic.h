#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace keelrow {

/// Work that is repeated on a thread of its own until the object's end, which waits for the work
/// that is under way. What the work throws is logged, and it is repeated after a second.
class Periodic {
 public:
  /// Returns how long to wait before the next time.
  using Work = std::function<std::chrono::milliseconds()>;

  Periodic(std::chrono::milliseconds first, Work work);
  ~Periodic();
  Periodic(const Periodic&) = delete;

  /// Repeats it now. Thread-safe, does not wait.
  void Poke();

 private:
  /// False when the end has come.
  bool WaitFor(std::chrono::milliseconds time);
  std::chrono::milliseconds WorkOnce();

  Work work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool poked_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace keelrow
