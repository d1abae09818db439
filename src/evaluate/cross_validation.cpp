#include "evaluate/cross_validation.h"

#include <fmt/format.h>

#include "base/error.h"

namespace keelrow::evaluate {
namespace {

/// Mean of how many examples a fold holds back for each that it learns from.
double HeldBackShare(const std::vector<FoldScore>& folds) {
  double sum = 0;
  for (const FoldScore& fold : folds) {
    sum += static_cast<double>(fold.held_back) / static_cast<double>(fold.train);
  }
  return sum / static_cast<double>(folds.size());
}

Json ToJson(const FoldScore& fold) {
  return {{"train", fold.train},
          {"validation", fold.validation},
          {"held_back", fold.held_back},
          {"epochs", fold.epochs},
          {"metrics", fold.metrics}};
}

Json ToJson(const Mean& mean) {
  Json row = {{"mean", mean.mean}, {"deviation", mean.deviation}};
  if (mean.interval) row.update({{"low", mean.interval->low}, {"high", mean.interval->high}});
  return row;
}

CrossValidation From(const Json& json, std::string_view name) {
  CrossValidation validation;
  for (const Json& row : Member(json, "folds", name)) {
    validation.folds.push_back({.train = row.at("train"),
                                .validation = row.at("validation"),
                                .held_back = row.at("held_back"),
                                .epochs = row.at("epochs"),
                                .metrics = row.at("metrics")});
  }
  for (const auto& [metric, row] : Member(json, "metrics", name).items()) {
    Mean mean{.mean = row.at("mean"), .deviation = row.at("deviation"), .interval = {}};
    if (row.contains("low")) mean.interval = {.low = row.at("low"), .high = row.at("high")};
    validation.means[metric] = mean;
  }
  return validation;
}

}  // namespace

uint64_t CrossValidation::HeldBack() const {
  uint64_t sum = 0;
  for (const FoldScore& fold : folds) sum += fold.held_back;
  return sum;
}

CrossValidation Summarize(std::vector<FoldScore> folds) {
  std::map<std::string, std::vector<double>> columns;
  for (const FoldScore& fold : folds) {
    for (const auto& [name, value] : fold.metrics) columns[name].push_back(value);
  }
  if (columns.empty()) throw Error(Code::kNoData, "there are no folds to summarize");
  CrossValidation validation{.folds = std::move(folds)};
  const double share = HeldBackShare(validation.folds);
  for (const auto& [name, values] : columns) {
    validation.means[name] = CrossValidatedMean(values, share);
  }
  return validation;
}

Json ToJson(const CrossValidation& validation) {
  Json folds = Json::array();
  for (const FoldScore& fold : validation.folds) folds.push_back(ToJson(fold));
  Json means = Json::object();
  for (const auto& [name, mean] : validation.means) means[name] = ToJson(mean);
  return {{"folds", folds}, {"metrics", means}};
}

CrossValidation CrossValidationFromJson(const Json& json, std::string_view name) {
  try {
    return From(json, name);
  } catch (const Json::exception& failure) {
    throw Error(Code::kCorrupt, fmt::format("{} is no cross-validation: {}", name, failure.what()));
  }
}

}  // namespace keelrow::evaluate
