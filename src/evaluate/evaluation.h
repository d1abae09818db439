#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "evaluate/calibration.h"
#include "evaluate/confusion.h"
#include "evaluate/interval.h"
#include "evaluate/prediction.h"
#include "evaluate/ranking.h"
#include "evaluate/slices.h"

namespace keelrow::evaluate {

/// An example that the model got wrong. Indices into Evaluation::classes.
struct Mistake {
  std::string id;
  size_t truth = 0;
  size_t predicted = 0;
  double probability = 0;  // of the wrong answer
  bool operator==(const Mistake&) const = default;
};

/// Examples of one class that are taken for another. Indices into Evaluation::classes.
struct ConfusedPair {
  size_t truth = 0;
  size_t predicted = 0;
  uint64_t count = 0;
  std::vector<Mistake> surest;  // of them, at most kConfusedExamples
  bool operator==(const ConfusedPair&) const = default;
};

/// Everything known about a model on one subset; a plain value that outlives the predictions. It
/// goes into the bundle's metrics.json and into the report, and is the same after that journey.
struct Evaluation {
  std::vector<std::string> classes;
  std::map<std::string, double> metrics;  // by the names of MetricsTable
  Interval accuracy_interval;             // Wilson, 95 %
  ConfusionMatrix confusion;
  std::vector<ClassScores> per_class;
  std::vector<ReliabilityBin> reliability;
  std::vector<ClassRanking> ranking;   // of each class; curves of the kCurvesMax worst ranked alone
  std::vector<Slice> slices;           // by the columns that the data has, the worst first
  std::vector<ConfusedPair> confused;  // the most frequent first, at most kConfusedPairs
  std::vector<Mistake> worst;          // the surest first, at most kWorstMistakes

  uint64_t examples() const { return confusion.Total(); }
  bool operator==(const Evaluation&) const = default;
};

inline constexpr size_t kWorstMistakes = 24;
inline constexpr size_t kConfusedPairs = 8;
inline constexpr size_t kConfusedExamples = 6;
inline constexpr size_t kCurvesMax = 24;

/// `classes` are the labels in the order of the probabilities. The result does not depend on the
/// order of the predictions, except for rounding. Throws kNoData, kBadValue naming the example.
Evaluation Evaluate(std::span<const Prediction> predictions, std::vector<std::string> classes);

Json ToJson(const Evaluation& evaluation);
/// `name` stands in messages for the source. Throws kCorrupt naming the member.
Evaluation EvaluationFromJson(const Json& json, std::string_view name);

}  // namespace keelrow::evaluate
