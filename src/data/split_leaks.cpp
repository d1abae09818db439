#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "base/text.h"
#include "data/split_units.h"

namespace keelrow::data {
namespace {

constexpr size_t kPairsKept = 1000;  // for the report; a message names fewer
constexpr size_t kPairsNamed = 5;

bool IsHeldBack(Subset subset) {
  return subset == Subset::kValidation || subset == Subset::kTest;
}

std::string Placed(const Example& example, Subset subset) {
  return fmt::format("{} ({})", example.id, Name(subset));
}

/// Gathers what stands on both sides.
class OverlapFinder {
 public:
  OverlapFinder(std::span<const Example> examples, const Split& split)
      : examples_(examples), split_(split) {}

  /// Two examples of which the one betrays the other; nothing where they stand together.
  void Add(size_t a, size_t b, std::string_view relation) {
    const Subset at_a = split_.subsets[a];
    const Subset at_b = split_.subsets[b];
    if (at_a == at_b || at_a == Subset::kDropped || at_b == Subset::kDropped) return;
    if (IsHeldBack(at_a)) betrayed_.insert(a);
    if (IsHeldBack(at_b)) betrayed_.insert(b);
    if (pairs_.size() == kPairsKept) return;
    pairs_.push_back(
        fmt::format("{} {} {}", Placed(examples_[a], at_a), relation, Placed(examples_[b], at_b)));
  }

  Overlap Finish() && {
    const auto held_back = std::ranges::count_if(split_.subsets, IsHeldBack);
    const auto found = static_cast<int64_t>(betrayed_.size());
    return {
        .examples = found,
        .share = held_back == 0 ? 0 : static_cast<double>(found) / static_cast<double>(held_back),
        .pairs = std::move(pairs_)};
  }

 private:
  std::span<const Example> examples_;
  const Split& split_;
  std::set<size_t> betrayed_;
  std::vector<std::string> pairs_;
};

std::string FirstPairs(const std::vector<std::string>& pairs) {
  std::vector<std::string> named(
      pairs.begin(),
      pairs.begin() + static_cast<std::ptrdiff_t>(std::min(pairs.size(), kPairsNamed)));
  if (pairs.size() > kPairsNamed) named.emplace_back("…");
  return JoinText(named, "; ");
}

/// Counts duplicates, and throws kLeak when some stand on both sides.
int64_t CheckDuplicates(std::span<const Example> examples, const Split& split, bool allowed) {
  std::unordered_map<std::string_view, size_t> first;
  int64_t duplicates = 0;
  std::vector<std::string> pairs;
  for (size_t i = 0; i < examples.size(); ++i) {
    if (split.subsets[i] == Subset::kDropped) continue;
    const auto [seen, fresh] = first.emplace(examples[i].content_hash, i);
    if (fresh) continue;
    ++duplicates;
    const size_t other = seen->second;
    if (split.subsets[i] == split.subsets[other]) continue;
    pairs.push_back(fmt::format("{} = {}", Placed(examples[other], split.subsets[other]),
                                Placed(examples[i], split.subsets[i])));
  }
  if (pairs.empty() || allowed) return duplicates;
  const bool one = pairs.size() == 1;
  throw Error(Code::kLeak,
              fmt::format("{} example{} equal{} one in another subset: {}", pairs.size(),
                          one ? "" : "s", one ? "s" : "", FirstPairs(pairs)),
              {.hint = "remove one of each pair, or set data.split.allow_duplicates: true"});
}

Overlap CheckAlike(std::span<const Example> examples, const SplitConfig& config,
                   std::span<const NearDuplicate> alike, const Split& split) {
  OverlapFinder finder(examples, split);
  for (const NearDuplicate& pair : alike) finder.Add(pair.first, pair.second, "looks like");
  Overlap overlap = std::move(finder).Finish();
  if (config.near_duplicates.Holds(overlap.share)) return overlap;
  const bool by_units = config.subset.empty() && config.time.empty();
  throw Error(
      Code::kLeak,
      fmt::format("{} of the validation and test examples ({:.2g} %, wanted {}) look{} like one in "
                  "another subset: {}",
                  overlap.examples, overlap.share * 100, config.near_duplicates.ToString(),
                  overlap.examples == 1 ? "s" : "", FirstPairs(overlap.pairs)),
      {.hint = by_units ? "data.split.group_near_duplicates: true keeps them together; or allow "
                          "more of them by data.split.near_duplicates"
                        : "remove one of each pair, or allow more of them by "
                          "data.split.near_duplicates"});
}

Overlap CheckGroups(std::span<const Example> examples, const SplitConfig& config,
                    const Split& split) {
  if (config.group.empty()) return {};
  const std::string relation = fmt::format("has the same `{}` as", config.group);
  // By subset, the first of the group there: whoever meets another subset's is betrayed by it.
  std::map<std::string, std::map<Subset, size_t>> groups;
  for (size_t i = 0; i < examples.size(); ++i) {
    const std::string& name = examples[i].Value(config.group);
    if (!name.empty()) groups[name].emplace(split.subsets[i], i);
  }
  OverlapFinder finder(examples, split);
  for (size_t i = 0; i < examples.size(); ++i) {
    const std::string& name = examples[i].Value(config.group);
    if (name.empty() || !IsHeldBack(split.subsets[i])) continue;
    for (const auto& [subset, first] : groups[name]) finder.Add(first, i, relation);
  }
  Overlap overlap = std::move(finder).Finish();
  if (overlap.examples == 0 || config.allow_group_overlap) return overlap;
  throw Error(Code::kLeak,
              fmt::format("groups stand in several subsets: {}", FirstPairs(overlap.pairs)),
              {.hint = "keep each group on one side, or set data.split.allow_group_overlap: true"});
}

std::optional<size_t> LatestIn(const Split& split, const std::vector<int64_t>& times,
                               Subset subset) {
  std::optional<size_t> latest;
  for (size_t i = 0; i < times.size(); ++i) {
    if (split.subsets[i] == subset && (!latest || times[i] > times[*latest])) latest = i;
  }
  return latest;
}

/// Each subset must end `gap` before the next begins. A split by time does so by construction.
Overlap CheckTimes(std::span<const Example> examples, const SplitConfig& config,
                   const Split& split) {
  if (config.time.empty() || config.subset.empty()) return {};
  const std::vector<int64_t> times = TimesOf(examples, config.time);
  OverlapFinder finder(examples, split);
  for (size_t earlier = 0; earlier < kSubsets.size(); ++earlier) {
    for (size_t later = earlier + 1; later < kSubsets.size(); ++later) {
      const auto last = LatestIn(split, times, kSubsets[earlier]);
      if (!last) continue;
      const int64_t end = times[*last] + config.gap.value.count();
      const std::string relation =
          fmt::format("of {} is not before", examples[*last].Value(config.time));
      for (size_t i = 0; i < times.size(); ++i) {
        if (split.subsets[i] == kSubsets[later] && times[i] <= end) finder.Add(*last, i, relation);
      }
    }
  }
  Overlap overlap = std::move(finder).Finish();
  if (overlap.examples == 0 || config.allow_time_overlap) return overlap;
  throw Error(
      Code::kLeak,
      fmt::format("the subsets overlap in `{}`: {}", config.time, FirstPairs(overlap.pairs)),
      {.hint = "what is learned must be older than what it is tried on; or set "
               "data.split.allow_time_overlap: true"});
}

}  // namespace

std::vector<Subset> AssignByColumn(std::span<const Example> examples, const SplitConfig& config) {
  static const std::map<std::string, Subset, std::less<>> names = {
      {"train", Subset::kTrain},
      {"validation", Subset::kValidation},
      {"val", Subset::kValidation},
      {"test", Subset::kTest}};
  std::vector<Subset> subsets;
  for (const Example& example : examples) {
    const auto found = names.find(example.Value(config.subset));
    if (found == names.end()) {
      throw Error(Code::kBadValue,
                  fmt::format("{}: `{}` in the column `{}` is no subset", example.id,
                              example.Value(config.subset), config.subset),
                  {.hint = "it must say train, validation (or val) or test"});
    }
    subsets.push_back(found->second);
  }
  return subsets;
}

void CheckLeaks(std::span<const Example> examples, const SplitConfig& config,
                std::span<const NearDuplicate> alike, Split& split) {
  split.duplicates = CheckDuplicates(examples, split, config.allow_duplicates);
  split.groups = CheckGroups(examples, config, split);
  split.times = CheckTimes(examples, config, split);
  split.near_duplicates = CheckAlike(examples, config, alike, split);
}

}  // namespace keelrow::data
