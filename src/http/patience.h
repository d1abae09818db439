#pragma once

#include <chrono>

#include "base/mostly.h"

namespace keelrow::http {

/// Whether a thread that has run out of work looks for more instead of sleeping: being woken takes
/// some 40 µs on a virtual machine, half of a small request. As with the kernel's halt polling, it
/// goes on looking only where work has mostly come soon.
class Patience {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::microseconds kSoon{100};

  /// There is no work: whether to look again at once.
  bool LooksAgain(Clock::time_point now) {
    if (!idle_) since_ = now;
    idle_ = true;
    return soon_.So() && now - since_ <= kSoon;
  }

  /// There was work, at about that time.
  void Found(Clock::time_point now) {
    if (!idle_) return;
    idle_ = false;
    soon_.Note(now - since_ <= kSoon);
  }

 private:
  bool idle_ = false;
  Clock::time_point since_;
  Mostly soon_;  // of the times without work
};

}  // namespace keelrow::http
