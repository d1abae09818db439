#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/units.h"
#include "config/described.h"
#include "data/example.h"

namespace keelrow::data {

/// Which part of the data an example belongs to. kDropped: inside the gap of a split by time.
enum class Subset { kTrain, kValidation, kTest, kDropped };
inline constexpr std::array kSubsets = {Subset::kTrain, Subset::kValidation, Subset::kTest};

std::string_view Name(Subset subset);  // "train", "validation", "test", "dropped"
/// Throws kBadValue.
Subset SubsetOf(std::string_view name);

struct SplitConfig {
  double train = 0.70;
  double validation = 0.15;
  double test = 0.15;
  std::vector<std::string> stratify = {"label"};
  bool exact = false;
  std::string group;
  std::string time;
  Duration gap;
  std::vector<std::string> cuts;
  bool allow_duplicates = false;
};
void Describe(config::Object<SplitConfig>& object);

/// How many examples of one stratum (one value of each stratified column) went where.
struct Stratum {
  std::vector<std::string> values;
  std::array<int64_t, 3> counts{};
};

struct Split {
  std::vector<Subset> subsets;    // one for each example, in the given order
  std::vector<Stratum> strata;    // sorted by their values
  int64_t moved_for_classes = 0;  // by the rule that each class is met in each subset
  int64_t duplicates = 0;         // examples whose bytes stand somewhere else too

  std::array<int64_t, 3> Counts() const;
  int64_t Dropped() const;
};

/// Where each example goes depends on the seed and on its own bytes (or its group), not on the
/// other examples nor on their order: it does not move when examples are added. Equal bytes go
/// the same way. docs/decisions/0003-stable-split.md has the reasons and the exceptions.
///
/// Throws kLeak naming the pairs when equal examples still stand on both sides (groups or times
/// that differ), kBadValue for a column that no example has or a time that is none, kNoData when
/// a subset with a share stays empty.
Split AssignSplit(std::span<const Example> examples, const SplitConfig& config, uint64_t seed);

/// Counts, shares and the largest deviation of a stratum's share, for reports.
Json ToJson(const Split& split, const SplitConfig& config);

}  // namespace keelrow::data
