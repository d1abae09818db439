#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "evaluate/interval.h"

namespace keelrow::rollout {

/// How likely so many successes or more are, where each trial succeeds with `probability`. Exact,
/// 1 where they are no more than expected.
double BinomialTail(evaluate::Proportion proportion, double probability);

/// How likely one sample succeeds at least so much more often than the other when both are drawn
/// from one population: Fisher's exact test; 1 where it does not succeed more often.
double MoreOften(evaluate::Proportion one, evaluate::Proportion other);

/// How likely a chi-squared variable of so many degrees of freedom is `value` or more.
double ChiSquaredTail(double value, int degrees);

using Counts = std::map<std::string, uint64_t, std::less<>>;

/// How two samples of labels differ.
struct MixDifference {
  double index = 0;   // population stability index: sum of (p - q) ln(p / q)
  double chance = 1;  // that samples of one population differ as much (G-test)
};

/// Labels so rare that the test's approximation would fail are put together first; where fewer than
/// two kinds remain nothing differs.
MixDifference CompareMixes(const Counts& one, const Counts& other);

}  // namespace keelrow::rollout
