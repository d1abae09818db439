#include "evaluate/interval.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/error.h"

namespace keelrow::evaluate {
namespace {

/// P(|T| <= t), by the finite series for whole degrees of freedom (Abramowitz and Stegun 26.7.3,
/// 26.7.4).
double StudentWithin(double t, int degrees) {
  const double theta = std::atan(t / std::sqrt(static_cast<double>(degrees)));
  const double cosine = std::cos(theta);
  const bool odd = degrees % 2 == 1;
  double term = odd ? cosine : 1;
  double sum = degrees == 1 ? 0 : term;
  for (int k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= cosine * cosine * (k - 1) / k;
    sum += term;
  }
  const double scaled = std::sin(theta) * sum;
  return odd ? (theta + scaled) * 2 / std::numbers::pi : scaled;
}

}  // namespace

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

double StudentQuantile(int degrees) {
  double low = 0;
  double high = 13;  // a single degree: 12.7062
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (StudentWithin(middle, degrees) < 0.95 ? low : high) = middle;
  }
  return high;
}

Mean CrossValidatedMean(std::span<const double> values, double held_back_share) {
  if (values.empty()) throw Error(Code::kNoData, "there are no folds to take the mean of");
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  if (values.size() == 1) return {.mean = mean, .deviation = 0, .interval = std::nullopt};
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double variance = squares / (count - 1);
  const double half = StudentQuantile(static_cast<int>(values.size()) - 1) *
                      std::sqrt(variance * (1 / count + held_back_share));
  return {.mean = mean,
          .deviation = std::sqrt(variance),
          .interval = Interval{.low = mean - half, .high = mean + half}};
}

}  // namespace keelrow::evaluate
