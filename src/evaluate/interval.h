#pragma once

#include <cstdint>
#include <optional>
#include <span>

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

struct Mean {
  double mean = 0;
  double deviation = 0;              // sample standard deviation; 0 for a single value
  std::optional<Interval> interval;  // none for a single value
};

/// Mean of a metric over the folds of a cross-validation, with its 95 % interval by Student's t.
/// Folds share most of their training examples, so their values vary less than those of
/// independent trainings would: the variance is the corrected one of Nadeau and Bengio (2003),
/// s² (1/k + held_back/train).
///
/// `held_back_share` is held_back/train of a fold. Throws kNoData for no values.
Mean CrossValidatedMean(std::span<const double> values, double held_back_share);

/// The quantile of Student's t distribution that 97.5 % of it lie below, for 1 or more degrees of
/// freedom.
double StudentQuantile(int degrees);

}  // namespace keelrow::evaluate
