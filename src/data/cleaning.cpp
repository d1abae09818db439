#include "data/cleaning.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace keelrow::data {
namespace {

void RequireKnown(std::span<Example> examples, const std::string& column) {
  const auto has = [&](const Example& example) { return example.columns.contains(column); };
  if (std::ranges::any_of(examples, has)) return;
  throw Error(Code::kBadValue, fmt::format("the examples have no column `{}` to impute", column));
}

std::vector<std::string> PresentValues(std::span<Example> examples, const std::string& column) {
  std::vector<std::string> values;
  for (const Example& example : examples) {
    if (const std::string& value = example.Value(column); !value.empty()) values.push_back(value);
  }
  if (!values.empty()) return values;
  throw Error(Code::kNoData, fmt::format("the column `{}` has no value to impute from", column),
              {.hint = "give one: {column: ..., with: constant, value: ...}"});
}

/// Of equally frequent ones the first in the alphabet.
std::string MostFrequent(const std::vector<std::string>& values) {
  std::map<std::string, int64_t> counts;
  for (const std::string& value : values) ++counts[value];
  return std::ranges::max_element(counts, {}, [](const auto& entry) { return entry.second; })
      ->first;
}

std::string Median(const std::vector<std::string>& values, const std::string& column) {
  std::vector<double> numbers;
  for (const std::string& value : values) {
    const Expected<double> number = ParseNumber(value);
    if (!number) {
      throw Error(Code::kBadValue,
                  fmt::format("the column `{}` has no median: `{}` is no number", column, value));
    }
    numbers.push_back(*number);
  }
  std::ranges::sort(numbers);
  const size_t middle = numbers.size() / 2;
  const bool odd = numbers.size() % 2 == 1;
  return fmt::format("{}", odd ? numbers[middle] : (numbers[middle - 1] + numbers[middle]) / 2);
}

std::string StandIn(std::span<Example> examples, const ImputeRule& rule) {
  if (rule.with.value == "constant") return rule.value;
  const std::vector<std::string> values = PresentValues(examples, rule.column);
  return rule.with.value == "median" ? Median(values, rule.column) : MostFrequent(values);
}

void CheckRule(const ImputeRule& rule) {
  if (rule.column == "label") {
    throw Error(Code::kBadValue, "a label is not imputed: nobody knows what the picture shows",
                {.hint = "data.on_violation: clean sets examples without a label aside"});
  }
  if ((rule.with.value == "constant") == rule.value.empty()) {
    throw Error(Code::kBadValue, "`value` belongs to `with: constant`, which needs one");
  }
}

}  // namespace

const std::vector<config::Choice>& ImputeChoices() {
  static const std::vector<config::Choice> choices = {
      {.name = "most_frequent", .help = "The value that stands most often in the column."},
      {.name = "median", .help = "The middle of its numbers."},
      {.name = "constant", .help = "What `value` says."},
  };
  return choices;
}

void Describe(config::Object<ImputeRule>& object) {
  object.Doc("Fills the missing values of one column of a manifest.");
  object.Field("column", &ImputeRule::column, "The column; not the label.").Required();
  object.Field("with", &ImputeRule::with, "What stands in.");
  object.Field("value", &ImputeRule::value, "With `constant`: this.");
  object.Check(CheckRule);
}

void Describe(config::Object<CleaningConfig>& object) {
  object.Doc(
      "What is mended before training; the report and the bundle's lineage say what was done. Your "
      "files are never touched.");
  object.Field(
      "impute", &CleaningConfig::impute,
      "Columns of a manifest whose missing values are filled, such as "
      "`{column: scenario, with: most_frequent}`; the data are measured before and after.");
  object.Field(
      "oversample", &CleaningConfig::oversample,
      "Training examples of smaller classes are used more often an epoch, each time "
      "augmented anew, until every class weighs as much as the largest, but none more than "
      "100 times; the limits of `data.quality` are about the examples that there are.");
}

Json ToJson(const std::vector<Imputation>& imputations) {
  Json rows = Json::array();
  for (const auto& [column, with, value, filled] : imputations) {
    rows.push_back({{"column", column}, {"with", with}, {"value", value}, {"filled", filled}});
  }
  return rows;
}

std::vector<Imputation> Impute(std::span<Example> examples, const std::vector<ImputeRule>& rules) {
  std::vector<Imputation> imputations;
  for (const ImputeRule& rule : rules) {
    RequireKnown(examples, rule.column);
    Imputation done{
        .column = rule.column, .with = rule.with.value, .value = StandIn(examples, rule)};
    for (Example& example : examples) {
      std::string& value = example.columns[rule.column];
      if (!value.empty()) continue;
      value = done.value;
      ++done.filled;
    }
    imputations.push_back(std::move(done));
  }
  return imputations;
}

std::vector<int> OversamplingRepeats(const Catalog& catalog) {
  std::map<std::string, std::vector<size_t>> classes;
  for (size_t i = 0; i < catalog.examples.size(); ++i) {
    if (catalog.subsets[i] == Subset::kTrain) classes[catalog.examples[i].label].push_back(i);
  }
  size_t largest = 0;
  for (const auto& [label, members] : classes) largest = std::max(largest, members.size());
  std::vector<int> repeats(catalog.examples.size(), 1);
  for (auto& [label, members] : classes) {
    std::ranges::sort(members, {}, [&](size_t i) {
      return std::tie(catalog.examples[i].content_hash, catalog.examples[i].id);
    });
    for (size_t rank = 0; rank < members.size(); ++rank) {
      const size_t extra = rank < largest % members.size() ? 1 : 0;
      repeats[members[rank]] =
          std::min(static_cast<int>(largest / members.size() + extra), kRepeatsMax);
    }
  }
  return repeats;
}

}  // namespace keelrow::data
