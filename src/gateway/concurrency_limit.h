#pragma once

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "http/router.h"

namespace keelrow::gateway {

struct ConcurrencyOptions {
  int min = 2;  // never fewer; the number of workers is a good choice
  int max = 10'000;
  int initial = 64;
  /// A mean latency of so many times the lowest one is still no overload …
  double tolerance = 2;
  /// … nor is one that is at most so much above it: what is short may wait, and batches need it.
  std::chrono::nanoseconds slack = std::chrono::milliseconds(20);
  std::chrono::nanoseconds window = std::chrono::milliseconds(100);  // of one decision, at least
  int window_samples_min = 20;
  std::chrono::nanoseconds remember = std::chrono::seconds(10);  // of the lowest mean
};

/// How many requests may be inside at once, found out while serving. More inside than the service
/// can work on only wait: latency grows, answers a second do not. So the limit is cut when the mean
/// latency of a window rises above what is tolerated over the lowest mean seen lately, in
/// proportion; and grows by a tenth while latency is good (AIMD), beyond `initial` only while the
/// room is used.
///
/// The lowest mean is forgotten in time, as services become slower. In an overload it would be
/// renewed only by windows with a queue, and would creep up: so when requests are refused, one
/// window now and then runs with fewer inside than keep the service busy (as BBR probes for the
/// shortest round trip). While nothing is refused nothing is probed.
/// Thread-safe; entering is lock-free. Times are of any steady clock.
class ConcurrencyLimit {
 public:
  explicit ConcurrencyLimit(ConcurrencyOptions options = {});

  /// False when there are as many inside as may be. Whoever entered leaves, once.
  bool TryEnter();

  struct Visit {
    std::chrono::nanoseconds entered;
    std::chrono::nanoseconds left;
    bool measured;  // a real answer, or one that came too late; a refusal's latency says nothing
  };
  void Leave(const Visit& visit);

  int Limit() const { return limit_.load(std::memory_order_relaxed); }
  int Inside() const { return inside_.load(std::memory_order_relaxed); }

 private:
  using Time = std::chrono::nanoseconds;
  struct Lowest {
    Time when;
    Time mean;
  };

  void Decide(Time mean, Time now);
  void Adjust(Time mean);
  void Remember(Time mean, Time now);
  void BeginWindow(Time now, Time mean);
  double ProbeLimit(Time mean) const;
  Time Horizon() const;

  const ConcurrencyOptions options_;
  std::atomic<int> limit_;
  std::atomic<int> inside_{0};
  std::atomic<int> most_inside_{0};   // in this window
  std::atomic<bool> refused_{false};  // likewise

  std::mutex mutex_;  // of all below
  double wanted_;     // the limit, with its fraction, also while a probe lowers it
  bool probing_ = false;
  std::optional<Time> probed_;
  std::deque<Lowest> lowest_;  // rising means; the first is the lowest of those remembered
  Time window_begin_{-1};
  Time window_length_{0};
  Time sum_{0};
  int samples_ = 0;
};

/// Lets a request in, or answers 503 with Retry-After at once. `on_shed` is told, on any thread.
/// Counts what rate limits count (counted.h).
http::Middleware Admission(std::shared_ptr<ConcurrencyLimit> limit, std::function<void()> on_shed);

}  // namespace keelrow::gateway
