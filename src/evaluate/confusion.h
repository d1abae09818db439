#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "evaluate/prediction.h"

namespace keelrow::evaluate {

/// Counts by truth (row) and predicted class (column), and what follows from them alone.
class ConfusionMatrix {
 public:
  ConfusionMatrix() = default;
  explicit ConfusionMatrix(size_t classes);
  ConfusionMatrix(std::span<const Prediction> predictions, size_t classes);

  size_t classes() const { return classes_; }
  uint64_t at(size_t truth, size_t predicted) const {
    return counts_[truth * classes_ + predicted];
  }
  void Add(size_t truth, size_t predicted, uint64_t count = 1);

  /// Examples whose truth is this class, and those predicted as it.
  uint64_t Support(size_t truth) const;
  uint64_t Predicted(size_t predicted) const;
  uint64_t Correct() const;
  uint64_t Total() const;
  bool operator==(const ConfusionMatrix&) const = default;

 private:
  size_t classes_ = 0;
  std::vector<uint64_t> counts_;
};

/// One class against all others. A share of nothing is 0, as in scikit-learn.
struct ClassScores {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  uint64_t support = 0;
  bool operator==(const ClassScores&) const = default;
};
std::vector<ClassScores> ScoreClasses(const ConfusionMatrix& confusion);

}  // namespace keelrow::evaluate
