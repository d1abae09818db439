#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "evaluate/interval.h"

namespace keelrow::evaluate {

/// What one fold's model learned from, and how well it answered what the fold held back.
struct FoldScore {
  uint64_t train = 0;
  uint64_t validation = 0;
  uint64_t held_back = 0;
  int epochs = 0;
  std::map<std::string, double> metrics;  // by the names of MetricsTable
};

struct CrossValidation {
  std::vector<FoldScore> folds;
  std::map<std::string, Mean> means;  // of each metric over the folds that have it

  uint64_t HeldBack() const;  // in all folds
};

/// Throws kNoData for no folds.
CrossValidation Summarize(std::vector<FoldScore> folds);

Json ToJson(const CrossValidation& validation);
/// `name` stands in messages for the source. Throws kCorrupt naming the member.
CrossValidation CrossValidationFromJson(const Json& json, std::string_view name);

}  // namespace keelrow::evaluate
