#pragma once

#include <cstdint>
#include <vector>

namespace keelrow::train {

/// Weights in inverse proportion to the classes' sizes, such that they average 1 over the examples:
/// n / (classes with examples × count). A class without examples gets 0.
std::vector<float> BalancedWeights(const std::vector<int64_t>& counts);

}  // namespace keelrow::train
