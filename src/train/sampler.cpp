#include "train/sampler.h"

#include <numeric>
#include <utility>

#include "base/random.h"

namespace keelrow::train {
namespace {

Batches Divide(const std::vector<size_t>& order, size_t batch_size) {
  const size_t batch_count = (order.size() + batch_size - 1) / batch_size;
  Batches batches;
  for (size_t i = 0; i < batch_count; ++i) {
    const auto begin = order.begin() + static_cast<ptrdiff_t>(i * order.size() / batch_count);
    const auto end = order.begin() + static_cast<ptrdiff_t>((i + 1) * order.size() / batch_count);
    batches.emplace_back(begin, end);
  }
  return batches;
}

std::vector<size_t> Count(size_t count) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  return order;
}

}  // namespace

Batches ShuffledBatches(const SamplerOptions& options, uint64_t seed, uint64_t epoch) {
  std::vector<size_t> order = Count(options.count);
  Random random(seed, "shuffle", {epoch});
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.Below(i)]);
  return Divide(order, options.batch_size);
}

Batches OrderedBatches(const SamplerOptions& options) {
  return Divide(Count(options.count), options.batch_size);
}

}  // namespace keelrow::train
