#include "evaluate/slices.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/units.h"
#include "evaluate/significance.h"

namespace keelrow::evaluate {
namespace {

using Predictions = std::span<const Prediction>;

const std::string& ValueOf(const Prediction& prediction, const std::string& column) {
  static const std::string missing;
  const auto found = prediction.columns.find(column);
  return found == prediction.columns.end() ? missing : found->second;
}

bool IsRight(const Prediction& prediction) {
  return PredictedClass(prediction) == static_cast<size_t>(prediction.truth);
}

void Count(Slice& slice, const Prediction& prediction) {
  ++slice.examples;
  slice.correct += IsRight(prediction) ? 1 : 0;
}

/// `slices` has the most frequent values first.
std::vector<Slice> PoolRare(std::vector<Slice> slices) {
  size_t kept = 0;
  while (kept < std::min(slices.size(), kSliceValuesMax) &&
         slices[kept].examples >= kSliceExamplesMin) {
    ++kept;
  }
  if (slices.size() - kept < 2) return slices;
  Slice rare{.column = slices.front().column, .pooled = slices.size() - kept};
  for (size_t i = kept; i < slices.size(); ++i) {
    rare.examples += slices[i].examples;
    rare.correct += slices[i].correct;
  }
  slices.resize(kept);
  slices.push_back(std::move(rare));
  return slices;
}

std::vector<Slice> SliceByValue(Predictions predictions, const std::string& column) {
  std::map<std::string, Slice> by_value;
  for (const Prediction& prediction : predictions) {
    const std::string& value = ValueOf(prediction, column);
    Slice& slice =
        by_value.try_emplace(value, Slice{.column = column, .value = value}).first->second;
    Count(slice, prediction);
  }
  std::vector<Slice> slices;
  for (auto& [value, slice] : by_value) slices.push_back(std::move(slice));
  std::ranges::stable_sort(slices, std::greater(), &Slice::examples);
  return PoolRare(std::move(slices));
}

/// Nothing unless all values that there are are numbers. Equal numbers share a quarter.
std::vector<Slice> SliceByQuarter(Predictions predictions, const std::string& column) {
  std::vector<std::pair<double, const Prediction*>> numbers;
  Slice missing{.column = column};
  for (const Prediction& prediction : predictions) {
    const std::string& value = ValueOf(prediction, column);
    const auto number = ParseNumber(value);
    if (!number && !value.empty()) return {};
    if (number) numbers.emplace_back(*number, &prediction);
    if (!number) Count(missing, prediction);
  }
  std::ranges::stable_sort(numbers, {}, [](const auto& pair) { return pair.first; });
  std::vector<Slice> slices;
  size_t begin = 0;
  for (size_t quarter = 1; quarter <= 4; ++quarter) {
    size_t end = std::max(begin, numbers.size() * quarter / 4);
    while (end > 0 && end < numbers.size() && numbers[end].first == numbers[end - 1].first) ++end;
    if (end == begin) continue;
    Slice slice{.column = column,
                .value = fmt::format("{} to {}", numbers[begin].first, numbers[end - 1].first)};
    for (; begin < end; ++begin) Count(slice, *numbers[begin].second);
    slices.push_back(std::move(slice));
  }
  if (missing.examples > 0) slices.push_back(std::move(missing));
  return slices;
}

std::vector<Slice> SliceByColumn(Predictions predictions, const std::string& column) {
  std::set<std::string> values;
  for (const Prediction& prediction : predictions) values.insert(ValueOf(prediction, column));
  if (values.size() > kSliceNumbersMax) {
    std::vector<Slice> quarters = SliceByQuarter(predictions, column);
    if (!quarters.empty()) return quarters;
  }
  return SliceByValue(predictions, column);
}

void CompareWithTheRest(std::vector<Slice>& slices, Predictions predictions) {
  const auto correct = static_cast<uint64_t>(std::ranges::count_if(predictions, IsRight));
  std::vector<double> p_values;
  for (const Slice& slice : slices) {
    p_values.push_back(FisherExact(
        {.successes = slice.correct, .trials = slice.examples},
        {.successes = correct - slice.correct, .trials = predictions.size() - slice.examples}));
  }
  p_values = HolmAdjusted(p_values);
  for (size_t i = 0; i < slices.size(); ++i) slices[i].p_value = p_values[i];
}

/// Of equally bad ones the larger slice first.
bool WorseThan(const Slice& a, const Slice& b) {
  const auto key = [](const Slice& s) {
    return std::tuple(s.Accuracy(), -static_cast<double>(s.examples), s.column, s.value);
  };
  return key(a) < key(b);
}

}  // namespace

Interval Slice::AccuracyInterval() const {
  return WilsonInterval({.successes = correct, .trials = examples});
}

std::vector<Slice> SliceByColumns(Predictions predictions) {
  std::set<std::string> columns;
  for (const Prediction& prediction : predictions) {
    for (const auto& [column, value] : prediction.columns) columns.insert(column);
  }
  std::vector<Slice> slices;
  for (const std::string& column : columns) {
    std::vector<Slice> found = SliceByColumn(predictions, column);
    if (found.size() < 2) continue;
    slices.insert(slices.end(), found.begin(), found.end());
  }
  CompareWithTheRest(slices, predictions);
  std::ranges::sort(slices, WorseThan);
  return slices;
}

}  // namespace keelrow::evaluate
