#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "config/choices.h"
#include "data/catalog.h"

namespace keelrow::data {

const std::vector<config::Choice>& ImputeChoices();

/// What stands in for the missing values of a manifest's column.
struct ImputeRule {
  std::string column;
  config::Name<ImputeChoices> with{"most_frequent"};
  std::string value;  // of `constant`
};
void Describe(config::Object<ImputeRule>& object);

/// The key `data.cleaning`: what is mended before the data are judged, besides the examples that
/// `on_violation: clean` sets aside. The user's files are never touched.
struct CleaningConfig {
  std::vector<ImputeRule> impute;
  bool oversample = false;
};
void Describe(config::Object<CleaningConfig>& object);

/// What was put in.
struct Imputation {
  std::string column;
  std::string with;
  std::string value;
  int64_t filled = 0;
};
Json ToJson(const std::vector<Imputation>& imputations);

/// Fills the missing values, rule by rule; what stands in is taken from all examples, since such
/// columns steer the split and no model learns from them. Throws kBadValue for the label, an
/// unknown column or a median of what is no number, kNoData where a column has no value at all.
std::vector<Imputation> Impute(std::span<Example> examples, const std::vector<ImputeRule>& rules);

/// The most copies of one example: beyond, a class is too small to learn from, and a few rare ones
/// beside a large one would make an epoch endless.
inline constexpr int kRepeatsMax = 100;

/// How often each example is learned from in an epoch, so that every class of the training subset
/// weighs as much as the largest, or as kRepeatsMax allows: 1 outside of it. Within a class the
/// numbers differ by one at most; by content hash the first have one more, whatever the order of
/// the examples.
std::vector<int> OversamplingRepeats(const Catalog& catalog);

}  // namespace keelrow::data
