#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "data/split_units.h"
#include "data/time_text.h"

namespace keelrow::data {
namespace {

struct Cuts {
  int64_t validation_from;
  int64_t test_from;
};

Cuts CutsOf(std::vector<int64_t> times, const SplitConfig& config) {
  if (!config.cuts.empty()) {
    return {ParseTime(config.cuts.front()).Value(), ParseTime(config.cuts.back()).Value()};
  }
  std::ranges::sort(times);
  return {TimeAt(times, config.train), TimeAt(times, config.train + config.validation)};
}

}  // namespace

std::vector<int64_t> TimesOf(std::span<const Example> examples, const std::string& column) {
  std::vector<int64_t> times;
  for (const Example& example : examples) {
    const Expected<int64_t> time = ParseTime(example.Value(column));
    if (!time) {
      throw time.error().Wrap(
          fmt::format("{} cannot be placed by its column `{}`", example.id, column));
    }
    times.push_back(*time);
  }
  return times;
}

int64_t TimeAt(const std::vector<int64_t>& sorted, double share) {
  const auto rank = static_cast<size_t>(share * static_cast<double>(sorted.size()) + 0.5);
  return rank < sorted.size() ? sorted[rank] : sorted.back() + 1;
}

std::vector<Subset> AssignByTime(std::span<const Example> examples, const SplitConfig& config) {
  const std::vector<int64_t> times = TimesOf(examples, config.time);
  const Cuts cuts = CutsOf(times, config);
  const int64_t gap = config.gap.value.count();
  const auto place = [&](int64_t time) {
    for (const int64_t cut : {cuts.validation_from, cuts.test_from}) {
      if (time < cut && time >= cut - gap) return Subset::kDropped;
    }
    if (time < cuts.validation_from) return Subset::kTrain;
    return time < cuts.test_from ? Subset::kValidation : Subset::kTest;
  };
  std::vector<Subset> subsets;
  for (const int64_t time : times) subsets.push_back(place(time));
  return subsets;
}

}  // namespace keelrow::data
