#pragma once

#include <cstdint>

namespace keelrow::evaluate {

struct Interval {
  double low = 0;
  double high = 1;
  bool operator==(const Interval&) const = default;
};

struct Proportion {
  uint64_t successes = 0;
  uint64_t trials = 0;
};

/// Wilson's 95 % score interval of a proportion (Wilson 1927): unlike the textbook one it stays
/// inside [0, 1] and is honest near 1, where good models live. No trials: [0, 1].
Interval WilsonInterval(Proportion proportion);

}  // namespace keelrow::evaluate
