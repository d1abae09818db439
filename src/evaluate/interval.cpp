#include "evaluate/interval.h"

#include <algorithm>
#include <cmath>

namespace keelrow::evaluate {

Interval WilsonInterval(Proportion proportion) {
  if (proportion.trials == 0) return {};
  constexpr double kZ = 1.959963984540054;  // the standard normal's 97.5 % quantile
  const double n = static_cast<double>(proportion.trials);
  const double p = static_cast<double>(proportion.successes) / n;
  const double scale = 1 + kZ * kZ / n;
  const double centre = (p + kZ * kZ / (2 * n)) / scale;
  const double half = kZ * std::sqrt(p * (1 - p) / n + kZ * kZ / (4 * n * n)) / scale;
  return {.low = std::max(0.0, centre - half), .high = std::min(1.0, centre + half)};
}

}  // namespace keelrow::evaluate
