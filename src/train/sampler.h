#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace keelrow::train {

/// Which examples make up the steps of an epoch, as indices 0 … count-1. Pure functions of their
/// arguments, so a resumed training asks again and needs no saved sampler.
using Batches = std::vector<std::vector<size_t>>;

struct SamplerOptions {
  size_t count;       // examples, at least 1
  size_t batch_size;  // the largest batch, at least 1
};

/// ceil(count / batch_size) batches whose sizes differ by at most one: every example is used once,
/// and no small rest gets a step of its own (a batch norm over one example has no variance).
Batches ShuffledBatches(const SamplerOptions& options, uint64_t seed, uint64_t epoch);
Batches OrderedBatches(const SamplerOptions& options);

}  // namespace keelrow::train
