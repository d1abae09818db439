#include "data/folds.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "data/split_units.h"

namespace keelrow::data {
namespace {

struct PlacedUnit {
  const SplitUnit* unit;
  int fold;
};

/// Gives every fold a unit of the class, as far as there are enough: the lowest of the fullest.
void SpreadClass(std::vector<PlacedUnit*>& units, int count) {
  std::vector<std::vector<PlacedUnit*>> folds(static_cast<size_t>(count));
  for (PlacedUnit* unit : units) folds[static_cast<size_t>(unit->fold)].push_back(unit);
  for (auto& empty : folds) {
    if (!empty.empty()) continue;
    auto& fullest = *std::ranges::max_element(folds, {}, [](const auto& f) { return f.size(); });
    if (fullest.size() < 2) return;
    PlacedUnit* moved = fullest.front();
    moved->fold = static_cast<int>(&empty - folds.data());
    fullest.erase(fullest.begin());
    empty.push_back(moved);
  }
}

/// In which fold each example is held back.
std::vector<int> FoldOfEach(std::span<const Example> examples, const SplitConfig& config, int count,
                            uint64_t seed, std::span<const NearDuplicate> alike) {
  std::vector<SplitUnit> units = MakeUnits(examples, config.group);
  if (config.group_near_duplicates) MergeAlike(alike, units);
  // Of its own name: examples that the split put together must not stay together here.
  PlaceByHash(units, seed, "folds");
  if (config.exact) PlaceByRank(examples, config.stratify, units);
  std::vector<PlacedUnit> placed;
  for (const SplitUnit& unit : units) {
    placed.push_back({&unit, std::min(static_cast<int>(unit.position * count), count - 1)});
  }
  std::map<std::string, std::vector<PlacedUnit*>> classes;
  for (PlacedUnit& unit : placed) {
    classes[examples[unit.unit->members.front()].label].push_back(&unit);
  }
  // A group holds several classes: moving it for one of them would unbalance the others.
  if (config.group.empty()) {
    for (auto& [label, members] : classes) SpreadClass(members, count);
  }
  std::vector<int> folds(examples.size());
  for (const PlacedUnit& unit : placed) {
    for (const size_t member : unit.unit->members) folds[member] = unit.fold;
  }
  return folds;
}

std::vector<Fold> Rotate(const std::vector<int>& fold_of_each, int count) {
  std::vector<Fold> folds(static_cast<size_t>(count));
  for (size_t i = 0; i < fold_of_each.size(); ++i) {
    for (int f = 0; f < count; ++f) {
      Fold& fold = folds[static_cast<size_t>(f)];
      (fold_of_each[i] == f ? fold.held_back : fold.train).push_back(i);
    }
  }
  return folds;
}

std::vector<Fold> ExpandWindows(std::span<const Example> examples, const SplitConfig& config,
                                int count) {
  const std::vector<int64_t> times = TimesOf(examples, config.time);
  std::vector<int64_t> sorted = times;
  std::ranges::sort(sorted);
  const auto border = [&](int part) {
    return TimeAt(sorted, static_cast<double>(part) / (count + 1));
  };
  std::vector<Fold> folds;
  for (int f = 0; f < count; ++f) {
    const int64_t from = border(f + 1);
    const int64_t to = border(f + 2);
    Fold fold;
    for (size_t i = 0; i < times.size(); ++i) {
      if (times[i] < from - config.gap.value.count()) fold.train.push_back(i);
      if (times[i] >= from && times[i] < to) fold.held_back.push_back(i);
    }
    folds.push_back(std::move(fold));
  }
  return folds;
}

void RequireFilled(const std::vector<Fold>& folds) {
  for (const Fold& fold : folds) {
    if (!fold.train.empty() && !fold.held_back.empty()) continue;
    throw Error(Code::kNoData,
                fmt::format("fold {} of {} has nothing to {}", &fold - folds.data() + 1,
                            folds.size(), fold.train.empty() ? "learn from" : "hold back"),
                {.hint = "there are too few examples (or groups, or times) for so many folds"});
  }
}

}  // namespace

std::vector<Fold> AssignFolds(std::span<const Example> examples, const SplitConfig& config,
                              int count, uint64_t seed, std::span<const NearDuplicate> alike) {
  if (count < 2)
    throw Error(Code::kBadValue, fmt::format("{} folds are too few: two at least", count));
  CheckSplit(examples, config);
  std::vector<Fold> folds = config.time.empty()
                                ? Rotate(FoldOfEach(examples, config, count, seed, alike), count)
                                : ExpandWindows(examples, config, count);
  RequireFilled(folds);
  return folds;
}

}  // namespace keelrow::data
