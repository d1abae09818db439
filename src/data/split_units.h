#pragma once

#include <string>
#include <vector>

#include "data/split.h"

namespace keelrow::data {

/// What goes one way as a whole: the examples of a group, or those with equal bytes.
struct SplitUnit {
  std::string key;  // the group's name, or the content hash
  std::vector<size_t> members;
  double position = 0;  // 0 … 1: where on the line train | validation | test it lies
  Subset subset = Subset::kTrain;
};

/// Whether the examples can be divided by these keys; throws kBadValue, kNoData.
void CheckSplit(std::span<const Example> examples, const SplitConfig& config);

/// By group where there is one, else by content; sorted by key.
std::vector<SplitUnit> MakeUnits(std::span<const Example> examples, const std::string& group);

/// Units with examples that look alike become one, under the least of their keys.
void MergeAlike(std::span<const NearDuplicate> alike, std::vector<SplitUnit>& units);

/// Position = hash of seed and key alone, in the stream of random numbers named `purpose`.
void PlaceByHash(std::vector<SplitUnit>& units, uint64_t seed, std::string_view purpose);

/// Position = rank by that hash within the unit's stratum, so that shares are exact.
void PlaceByRank(std::span<const Example> examples, const std::vector<std::string>& stratify,
                 std::vector<SplitUnit>& units);

/// Train ends at config.train, validation at config.train + config.validation.
Subset SubsetAt(double position, const SplitConfig& config);

/// Moves single units so that each class is met in each subset that has a share; returns how many.
int64_t EnsureClasses(std::span<const Example> examples, const SplitConfig& config,
                      std::vector<SplitUnit>& units);

/// The time of each example in milliseconds; kBadValue names the one that has none.
std::vector<int64_t> TimesOf(std::span<const Example> examples, const std::string& column);

/// The time at which a share of the examples has passed.
int64_t TimeAt(const std::vector<int64_t>& sorted, double share);

/// The split by time: earliest to train, latest to test, examples inside the gap dropped.
std::vector<Subset> AssignByTime(std::span<const Example> examples, const SplitConfig& config);

/// The split as the column `subset` has it; kBadValue names the example that has none.
std::vector<Subset> AssignByColumn(std::span<const Example> examples, const SplitConfig& config);

/// Fills the overlaps and the number of duplicates of a split; throws kLeak for what is not
/// allowed.
void CheckLeaks(std::span<const Example> examples, const SplitConfig& config,
                std::span<const NearDuplicate> alike, Split& split);

}  // namespace keelrow::data
