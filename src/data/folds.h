#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "data/split.h"

namespace keelrow::data {

/// One round of a cross-validation, as indices into the examples, in ascending order.
struct Fold {
  std::vector<size_t> train;
  std::vector<size_t> held_back;
};

/// Divides examples (those of training and validation, never the test's) for a cross-validation,
/// by the same keys as the split and with its promises: where an example is held back depends on
/// the seed and on its own bytes (or its `group`), equal bytes and groups stay together (with
/// `group_near_duplicates` the pairs `alike` too), shares hold in each stratum in expectation
/// (`exact`: to one example), and without groups a class of two or more is met in as many folds as
/// it has examples.
///
/// Each example is held back once. With `time` the windows expand instead: the examples in order of
/// time make count + 1 parts of equal size, fold f holds part f + 1 back and trains on all earlier
/// ones but for those within `gap` before it; so the first part is never held back. `cuts` play no
/// role.
///
/// Throws kBadValue for fewer than two folds and as AssignSplit does, kNoData when a fold would
/// hold nothing back or have nothing to learn from.
std::vector<Fold> AssignFolds(std::span<const Example> examples, const SplitConfig& config,
                              int count, uint64_t seed, std::span<const NearDuplicate> alike = {});

}  // namespace keelrow::data
