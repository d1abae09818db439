#pragma once

#include <chrono>
#include <deque>

namespace keelrow::gateway {

struct BreakerOptions {
  int failures_in_a_row = 5;   // open it at once …
  double failure_share = 0.5;  // … or so many of those in `window`, if there were `requests_min`
  int requests_min = 20;
  std::chrono::nanoseconds window = std::chrono::seconds(10);
  std::chrono::nanoseconds open_for = std::chrono::seconds(1);  // the first time; then doubled
  std::chrono::nanoseconds open_max = std::chrono::seconds(30);
  int probes = 2;  // at once while half open; as many successes in a row close it
};

/// Keeps requests away from a backend that fails, so that neither they nor it wait for what will
/// not come. Closed: all pass. Open: none, for a while. Half open: a few, whose success closes it
/// and whose failure opens it for longer. One thread; time is given.
class CircuitBreaker {
 public:
  using Time = std::chrono::nanoseconds;
  enum class State { kClosed, kHalfOpen, kOpen };

  explicit CircuitBreaker(BreakerOptions options = {}) : options_(options) {}

  State StateAt(Time now) const;
  /// Whether a request may go now.
  bool Allows(Time now) const;
  /// It goes. Whoever began ends, with one of the three.
  void Begin(Time now);
  void Succeed(Time now);
  void Fail(Time now);
  void Abandon(Time now);  // cancelled: it says nothing about the backend

 private:
  struct Outcome {
    Time when;
    bool failed;
  };
  void Note(Time now, bool failed);
  void Open(Time now);
  void EndProbe();

  BreakerOptions options_;
  State state_ = State::kClosed;
  Time open_until_{0};
  Time open_for_{0};  // of the last opening; 0: it was closed since
  int probing_ = 0;
  int probes_succeeded_ = 0;
  int failures_in_a_row_ = 0;
  int failures_ = 0;  // of outcomes_
  std::deque<Outcome> outcomes_;
};

}  // namespace keelrow::gateway
