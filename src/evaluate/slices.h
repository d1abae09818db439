#pragma once

#include <span>
#include <string>
#include <vector>

#include "evaluate/interval.h"
#include "evaluate/prediction.h"

namespace keelrow::evaluate {

/// The examples that share one value of a column of the data: where a model is worse than
/// elsewhere.
struct Slice {
  std::string column;
  std::string value;    // empty: missing; numbers of many values in quarters: "0.5 to 2"
  uint64_t pooled = 0;  // so many values in one slice instead, each too rare to stand alone
  uint64_t examples = 0;
  uint64_t correct = 0;
  /// Of the hypothesis that all other examples are answered as well: Fisher's exact test, adjusted
  /// by Holm for the number of slices.
  double p_value = 1;

  double Accuracy() const { return static_cast<double>(correct) / static_cast<double>(examples); }
  /// Wilson's, 95 %.
  Interval AccuracyInterval() const;
  bool operator==(const Slice&) const = default;
};

/// Values with fewer examples say little and are pooled, as are those beyond the most frequent
/// ones.
inline constexpr uint64_t kSliceExamplesMin = 10;
inline constexpr size_t kSliceValuesMax = 100;
/// A column of more values that are all numbers is cut into quarters.
inline constexpr size_t kSliceNumbersMax = 20;

/// Of all columns, the lowest accuracy first. A column that is one slice says nothing and is left
/// out; so are names of examples, which are all pooled.
std::vector<Slice> SliceByColumns(std::span<const Prediction> predictions);

}  // namespace keelrow::evaluate
