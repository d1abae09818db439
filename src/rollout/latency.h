#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "base/json.h"

namespace keelrow::rollout {

using Nanoseconds = std::chrono::nanoseconds;

/// How long answers took, counted in classes each 9 % wider than the one before, from 16 µs to four
/// minutes. Two of them add up exactly, so that replicas can pool theirs.
class Latencies {
 public:
  void Add(Nanoseconds duration) { ++counts_[ClassOf(duration)]; }
  void Add(const Latencies& other);

  uint64_t Total() const;
  /// That took longer than `bound`, those in its own class left out: never too many.
  uint64_t Above(Nanoseconds bound) const;
  /// Upper end of the class in which the quantile lies; 0 without any.
  Nanoseconds Quantile(double quantile) const;

  /// {"17": 3}: the classes that are not empty.
  Json ToJson() const;
  /// Throws kCorrupt.
  static Latencies FromJson(const Json& json);

  bool operator==(const Latencies&) const = default;

 private:
  static constexpr size_t kClasses = 192;
  static size_t ClassOf(Nanoseconds duration);
  static Nanoseconds UpperEnd(size_t index);

  std::array<uint64_t, kClasses> counts_{};
};

}  // namespace keelrow::rollout
