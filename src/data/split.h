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
#include "data/near_duplicates.h"

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
  std::string subset;
  bool allow_duplicates = false;
  Threshold near_duplicates{Threshold::Op::kLess, 0.02};
  bool group_near_duplicates = false;
  bool allow_group_overlap = false;
  bool allow_time_overlap = false;
};
void Describe(config::Object<SplitConfig>& object);

/// How many examples of one stratum (one value of each stratified column) went where.
struct Stratum {
  std::vector<std::string> values;
  std::array<int64_t, 3> counts{};
};

/// What stands on both sides of a border of the split, as far as it is found; examples named.
struct Overlap {
  int64_t examples = 0;                 // of validation and test that one of another subset betrays
  double share = 0;                     // of all of validation and test
  std::vector<std::string> pairs = {};  // "a.png (train) looks like b.png (test)"; not all of many
};

struct Split {
  std::vector<Subset> subsets;    // one for each example, in the given order
  std::vector<Stratum> strata;    // sorted by their values
  int64_t moved_for_classes = 0;  // by the rule that each class is met in each subset
  int64_t duplicates = 0;         // examples whose bytes stand somewhere else too
  Overlap near_duplicates;
  Overlap groups;
  Overlap times;

  std::array<int64_t, 3> Counts() const;
  int64_t Dropped() const;
};

/// Where each example goes depends on the seed and on its own bytes (or its group), not on the
/// other examples nor on their order: it does not move when examples are added. Equal bytes go
/// the same way. docs/decisions/0003-stable-split.md has the reasons and the exceptions.
///
/// `purpose` names the stream of random numbers: a second split of the same examples by the same
/// one would meet the same borders.
///
/// `alike` are the pairs of examples that look the same; `group_near_duplicates` sends them the
/// same way too, as far as it is bytes or groups that decide.
///
/// Throws kLeak naming the pairs when equal examples, more of those that look alike than
/// `near_duplicates` allows, a group or a time still stand on both sides, unless allowed; kBadValue
/// for a column that no example has or a time or subset that is none, kNoData when a subset with
/// a share stays empty.
Split AssignSplit(std::span<const Example> examples, const SplitConfig& config, uint64_t seed,
                  std::span<const NearDuplicate> alike = {}, std::string_view purpose = "split");

/// Counts, shares and the largest deviation of a stratum's share, for reports.
Json ToJson(const Split& split, const SplitConfig& config);

}  // namespace keelrow::data
