#include "evaluate/significance.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace keelrow::evaluate {
namespace {

double LogChoose(uint64_t n, uint64_t k) {
  const auto log_factorial = [](uint64_t i) { return std::lgamma(static_cast<double>(i) + 1); };
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

}  // namespace

double FisherExact(Proportion one, Proportion other) {
  const uint64_t successes = one.successes + other.successes;
  const uint64_t trials = one.trials + other.trials;
  const double all = LogChoose(trials, one.trials);
  // Of `one`, when the successes of both are dealt at random (hypergeometric distribution).
  const auto log_probability = [&](uint64_t k) {
    return LogChoose(successes, k) + LogChoose(trials - successes, one.trials - k) - all;
  };
  constexpr double kRounding = 1e-7;  // what is as likely must not look less so, as in R
  const double limit = log_probability(one.successes) + kRounding;
  const uint64_t failures = trials - successes;
  double sum = 0;
  for (uint64_t k = one.trials - std::min(one.trials, failures);
       k <= std::min(one.trials, successes); ++k) {
    const double probability = log_probability(k);
    if (probability <= limit) sum += std::exp(probability);
  }
  return std::min(1.0, sum);
}

std::vector<double> HolmAdjusted(const std::vector<double>& p_values) {
  std::vector<size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return p_values[i]; });
  std::vector<double> adjusted(p_values.size());
  double highest = 0;
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const auto left = static_cast<double>(order.size() - rank);
    highest = std::max(highest, std::min(1.0, left * p_values[order[rank]]));
    adjusted[order[rank]] = highest;
  }
  return adjusted;
}

}  // namespace keelrow::evaluate
