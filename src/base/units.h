#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace keelrow {

/// A length of time as people write it: "2ms", "30s", "10m", "24h", "7d".
struct Duration {
  std::chrono::milliseconds value{0};

  std::string ToString() const;
  bool operator==(const Duration&) const = default;
};

/// A number of bytes as people write it: "512kB", "10MB", "2GiB".
struct ByteSize {
  uint64_t value = 0;

  std::string ToString() const;
  bool operator==(const ByteSize&) const = default;
};

/// A limit on a measured number as people write it: "<0.05", ">=0.97".
struct Threshold {
  enum class Op { kLess, kLessEqual, kGreater, kGreaterEqual };
  Op op = Op::kGreaterEqual;
  double bound = 0;

  bool Holds(double measured) const;
  std::string ToString() const;
  bool operator==(const Threshold&) const = default;
};

/// kBadValue says which spellings are understood.
Expected<Duration> ParseDuration(std::string_view text);
Expected<ByteSize> ParseByteSize(std::string_view text);
Expected<Threshold> ParseThreshold(std::string_view text);
/// The whole text as a finite decimal number.
Expected<double> ParseNumber(std::string_view text);

}  // namespace keelrow
