#include "train/class_weights.h"

#include <algorithm>
#include <numeric>

namespace keelrow::train {

std::vector<float> BalancedWeights(const std::vector<int64_t>& counts) {
  const auto total = std::accumulate(counts.begin(), counts.end(), int64_t{0});
  const auto present = std::ranges::count_if(counts, [](int64_t count) { return count > 0; });
  std::vector<float> weights;
  for (const int64_t count : counts) {
    const auto share = static_cast<double>(present) * static_cast<double>(count);
    weights.push_back(count > 0 ? static_cast<float>(static_cast<double>(total) / share) : 0.0F);
  }
  return weights;
}

}  // namespace keelrow::train
