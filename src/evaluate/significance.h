#pragma once

#include <vector>

#include "evaluate/interval.h"

namespace keelrow::evaluate {

/// The p-value of Fisher's exact test, two-sided: how likely two samples from one population differ
/// in their proportions at least as much as these. As scipy.stats.fisher_exact. Exact however small
/// the samples, where the normal approximation is not.
double FisherExact(Proportion one, Proportion other);

/// P-values of several tests, so raised that below 0.05 there is a false one in 5 % of such lists
/// at most (Holm 1979): who looks at twenty slices finds one "significant" by chance otherwise. In
/// the order given.
std::vector<double> HolmAdjusted(const std::vector<double>& p_values);

}  // namespace keelrow::evaluate
