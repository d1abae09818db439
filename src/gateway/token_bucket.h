#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace keelrow::gateway {

/// How much may pass. A request costs one unit or more.
struct Rate {
  double per_second = 0;  // 0: no limit
  double burst = 0;       // units at once after a pause; at least 1

  bool limited() const { return per_second > 0; }
  bool operator==(const Rate&) const = default;
};

/// A token bucket in one atomic word: the generic cell rate algorithm (ITU-T I.371). Instead of a
/// level and the time of its last refill, which two threads cannot change as one, it keeps the time
/// at which the bucket will be full again. Taking moves that time on; what would move it further
/// than a whole bucket ahead is refused. Thread-safe and lock-free; time is given, in nanoseconds
/// of any steady clock.
class TokenBucket {
 public:
  explicit TokenBucket(Rate rate)
      : unit_ns_(1e9 / rate.per_second),
        depth_ns_(static_cast<int64_t>(std::max(rate.burst, 1.0) * unit_ns_)) {}

  struct Taken {
    bool allowed;
    double left;                    // units in the bucket now
    std::chrono::nanoseconds wait;  // allowed: until it is full; refused: until this would pass
    int64_t cost_ns;                // what was taken, for GiveBack and for other buckets' books
  };

  /// `units` above a whole bucket pass as a whole bucket: they must be able to pass at all.
  Taken Take(int64_t now_ns, double units) {
    const double whole = static_cast<double>(depth_ns_);
    const auto cost = static_cast<int64_t>(std::min(units * unit_ns_, whole));
    int64_t full_at = full_at_ns_.load(std::memory_order_relaxed);
    while (true) {
      const int64_t next = std::max(full_at, now_ns) + cost;
      const int64_t over = next - now_ns - depth_ns_;
      if (over > 0) return Refused(full_at, now_ns, over);
      if (full_at_ns_.compare_exchange_weak(full_at, next, std::memory_order_relaxed)) {
        return {.allowed = true,
                .left = Units(depth_ns_ - (next - now_ns)),
                .wait = std::chrono::nanoseconds(next - now_ns),
                .cost_ns = cost};
      }
    }
  }

  void GiveBack(int64_t cost_ns) { full_at_ns_.fetch_sub(cost_ns, std::memory_order_relaxed); }

  /// Somebody else took from the same budget: not full before `full_at_ns`.
  void NotFullBefore(int64_t full_at_ns) {
    int64_t known = full_at_ns_.load(std::memory_order_relaxed);
    while (known < full_at_ns &&
           !full_at_ns_.compare_exchange_weak(known, full_at_ns, std::memory_order_relaxed)) {
    }
  }

  /// A full bucket remembers nothing: it may be forgotten and made anew.
  bool Full(int64_t now_ns) const { return full_at_ns_.load(std::memory_order_relaxed) <= now_ns; }

 private:
  double Units(int64_t ns) const { return static_cast<double>(ns) / unit_ns_; }
  Taken Refused(int64_t full_at, int64_t now_ns, int64_t over) const {
    return {.allowed = false,
            .left = Units(std::max<int64_t>(depth_ns_ - (full_at - now_ns), 0)),
            .wait = std::chrono::nanoseconds(over),
            .cost_ns = 0};
  }

  const double unit_ns_;
  const int64_t depth_ns_;
  std::atomic<int64_t> full_at_ns_{INT64_MIN / 2};  // full since ever
};

}  // namespace keelrow::gateway
