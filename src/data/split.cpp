#include "data/split.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.h"
#include "data/split_units.h"
#include "data/time_text.h"

namespace keelrow::data {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"train", "validation", "test", "dropped"};

void CheckConfig(const SplitConfig& config) {
  if (std::abs(config.train + config.validation + config.test - 1) > 1e-6) {
    throw Error(Code::kBadValue, fmt::format("train, validation and test add up to {:.7g}, not 1",
                                             config.train + config.validation + config.test));
  }
  if (config.train <= 0) throw Error(Code::kBadValue, "train must have a share");
  if (config.test <= 0)
    throw Error(Code::kBadValue, "test must have a share: models are judged by it");
  if (config.time.empty() && (config.gap.value.count() != 0 || !config.cuts.empty())) {
    throw Error(Code::kBadValue, "`gap` and `cuts` need a `time` column");
  }
  if (!config.cuts.empty() && !config.subset.empty()) {
    throw Error(Code::kBadValue, "a split is by `cuts` or by `subset`, not by both");
  }
  if (config.group_near_duplicates && !(config.time.empty() && config.subset.empty())) {
    throw Error(Code::kBadValue,
                "`group_near_duplicates` moves examples, which `time` and `subset` forbid");
  }
  if (!config.cuts.empty() && config.cuts.size() != 2) {
    throw Error(Code::kBadValue, "`cuts` takes two times: where validation and test begin");
  }
  for (const std::string& cut : config.cuts) {
    if (const auto time = ParseTime(cut); !time) throw time.error();
  }
}

void RequireColumn(std::span<const Example> examples, const std::string& column) {
  if (column.empty() || column == "label") return;
  for (const Example& example : examples) {
    if (example.columns.contains(column)) return;
  }
  std::vector<std::string> known = {"label"};
  for (const auto& [name, value] : examples.front().columns) known.push_back(name);
  throw Error(Code::kBadValue, fmt::format("the examples have no column `{}` to split by", column),
              {.hint = "they have " + JoinText(known, ", ")});
}

std::vector<Subset> AssignByUnits(std::span<const Example> examples, const SplitConfig& config,
                                  uint64_t seed, std::span<const NearDuplicate> alike,
                                  std::string_view purpose, int64_t& moved) {
  std::vector<SplitUnit> units = MakeUnits(examples, config.group);
  if (config.group_near_duplicates) MergeAlike(alike, units);
  PlaceByHash(units, seed, purpose);
  if (config.exact) PlaceByRank(examples, config.stratify, units);
  for (SplitUnit& unit : units) unit.subset = SubsetAt(unit.position, config);
  // A group holds several classes: moving it for one of them would unbalance the others.
  if (config.group.empty()) moved = EnsureClasses(examples, config, units);
  std::vector<Subset> subsets(examples.size());
  for (const SplitUnit& unit : units) {
    for (const size_t member : unit.members) subsets[member] = unit.subset;
  }
  return subsets;
}

std::vector<Stratum> CountStrata(std::span<const Example> examples, const Split& split,
                                 const std::vector<std::string>& stratify) {
  std::map<std::vector<std::string>, std::array<int64_t, 3>> counts;
  for (size_t i = 0; i < examples.size(); ++i) {
    if (split.subsets[i] == Subset::kDropped) continue;
    std::vector<std::string> values;
    for (const std::string& column : stratify) values.push_back(examples[i].Value(column));
    ++counts[values][static_cast<size_t>(split.subsets[i])];
  }
  std::vector<Stratum> strata;
  for (auto& [values, row] : counts) strata.push_back({.values = values, .counts = row});
  return strata;
}

void RequireSubsets(const Split& split, const SplitConfig& config) {
  const std::array shares = {config.train, config.validation, config.test};
  const auto counts = split.Counts();
  for (size_t i = 0; i < counts.size(); ++i) {
    if (shares[i] <= 0 || counts[i] > 0) continue;
    throw Error(Code::kNoData, fmt::format("the {} subset is empty", kNames[i]),
                {.hint = "there are too few examples (or groups, or times) for these shares"});
  }
}

Json ToJson(const Overlap& overlap) {
  return {{"examples", overlap.examples}, {"share", overlap.share}, {"pairs", overlap.pairs}};
}

}  // namespace

std::string_view Name(Subset subset) {
  return kNames[static_cast<size_t>(subset)];
}

Subset SubsetOf(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) {
    throw Error(Code::kBadValue, fmt::format("`{}` is not a subset of the data", name));
  }
  return static_cast<Subset>(found - kNames.begin());
}

void Describe(config::Object<SplitConfig>& object) {
  object.Doc(
      "How examples are divided. Where one goes depends on its bytes (or its group) and the "
      "seed only: it does not move when others are added.");
  object.Field("train", &SplitConfig::train, "Share to learn from.").Range(0, 1);
  object.Field("validation", &SplitConfig::validation, "Share to choose the best epoch by.")
      .Range(0, 1);
  object.Field("test", &SplitConfig::test, "Share to report by; never seen before.").Range(0, 1);
  object.Field("stratify", &SplitConfig::stratify,
               "Columns whose values keep these shares each: `label`, or a manifest's own.");
  object.Field("exact", &SplitConfig::exact,
               "Shares exact to one example in every stratum, at the price that a few examples "
               "near a border move when others are added.");
  object.Field("group", &SplitConfig::group,
               "A manifest's column; examples with the same value stay together. With `time` or "
               "`subset`, which place them by other means, one on both sides ends the run.");
  object.Field("time", &SplitConfig::time,
               "A manifest's column with dates: train on the earliest, test on the latest.");
  object.Field("gap", &SplitConfig::gap,
               "With `time`: what lies this long before validation and test is left out.");
  object.Field("cuts", &SplitConfig::cuts,
               "With `time`: where validation and test begin, so that new rows move no old ones. "
               "Without it, times at which the shares hold.");
  object.Field(
      "subset", &SplitConfig::subset,
      "A manifest's column that says `train`, `validation` or `test` of each example, where "
      "the data come divided. The shares only say then which subsets there must be.");
  object.Field("allow_duplicates", &SplitConfig::allow_duplicates,
               "Go on although equal examples stand in different subsets.");
  object.Field("near_duplicates", &SplitConfig::near_duplicates,
               "Share of the validation and test examples that may look like one of another "
               "subset (`data.quality.near_duplicate_bits`); `<=0` allows none, `<=1` all.");
  object.Field("group_near_duplicates", &SplitConfig::group_near_duplicates,
               "Examples that look alike go the same way; the price is that one may move when "
               "another is added that looks like it.");
  object.Field("allow_group_overlap", &SplitConfig::allow_group_overlap,
               "Go on although a `group` stands in several subsets.");
  object.Field(
      "allow_time_overlap", &SplitConfig::allow_time_overlap,
      "Go on although, by `subset`, a training example is not `gap` older than the others.");
  object.Check(CheckConfig);
}

std::array<int64_t, 3> Split::Counts() const {
  std::array<int64_t, 3> counts{};
  for (const Subset subset : subsets) {
    if (subset != Subset::kDropped) ++counts[static_cast<size_t>(subset)];
  }
  return counts;
}

int64_t Split::Dropped() const {
  return std::ranges::count(subsets, Subset::kDropped);
}

void CheckSplit(std::span<const Example> examples, const SplitConfig& config) {
  CheckConfig(config);
  if (examples.empty()) throw Error(Code::kNoData, "there are no examples to split");
  for (const std::string& column : config.stratify) RequireColumn(examples, column);
  RequireColumn(examples, config.group);
  RequireColumn(examples, config.time);
  RequireColumn(examples, config.subset);
}

Split AssignSplit(std::span<const Example> examples, const SplitConfig& config, uint64_t seed,
                  std::span<const NearDuplicate> alike, std::string_view purpose) {
  CheckSplit(examples, config);
  Split split;
  if (!config.subset.empty()) {
    split.subsets = AssignByColumn(examples, config);
  } else if (!config.time.empty()) {
    split.subsets = AssignByTime(examples, config);
  } else {
    split.subsets = AssignByUnits(examples, config, seed, alike, purpose, split.moved_for_classes);
  }
  CheckLeaks(examples, config, alike, split);
  RequireSubsets(split, config);
  split.strata = CountStrata(examples, split, config.stratify);
  return split;
}

Json ToJson(const Split& split, const SplitConfig& config) {
  const std::array wanted = {config.train, config.validation, config.test};
  double deviation = 0;
  Json strata = Json::array();
  for (const Stratum& stratum : split.strata) {
    const double total =
        static_cast<double>(stratum.counts[0] + stratum.counts[1] + stratum.counts[2]);
    for (size_t i = 0; i < wanted.size(); ++i) {
      const double share = static_cast<double>(stratum.counts[i]) / total;
      deviation = std::max(deviation, std::abs(share - wanted[i]));
    }
    strata.push_back({{"values", stratum.values}, {"counts", stratum.counts}});
  }
  const auto counts = split.Counts();
  return {{"counts", {{"train", counts[0]}, {"validation", counts[1]}, {"test", counts[2]}}},
          {"dropped", split.Dropped()},
          {"duplicates", split.duplicates},
          {"near_duplicates", ToJson(split.near_duplicates)},
          {"groups", ToJson(split.groups)},
          {"times", ToJson(split.times)},
          {"moved_for_classes", split.moved_for_classes},
          {"stratify", config.stratify},
          {"strata", strata},
          {"largest_deviation", deviation}};
}

}  // namespace keelrow::data
