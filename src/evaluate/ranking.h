#pragma once

#include <optional>
#include <span>
#include <vector>

#include "evaluate/prediction.h"

namespace keelrow::evaluate {

struct CurvePoint {
  double x = 0;
  double y = 0;
  bool operator==(const CurvePoint&) const = default;
};

/// One class against all others: how well its probability alone ranks the examples. Examples of one
/// probability are one step of the curves. All as scikit-learn's roc_curve, precision_recall_curve,
/// roc_auc_score and average_precision_score, but for what is undefined.
struct ClassRanking {
  /// Area under the ROC curve, and the mean precision over the steps of recall. Nothing where the
  /// class has no example, or there are no others: scikit-learn calls that NaN, 0 or 1.
  std::optional<double> auc;
  std::optional<double> average_precision;
  std::vector<CurvePoint> roc;               // false against true positive rate, from (0, 0)
  std::vector<CurvePoint> precision_recall;  // recall against precision, from recall 0
  bool operator==(const ClassRanking&) const = default;
};

/// Points closer than this to the one before are left out of a curve, which so has a few hundred at
/// most; the areas know them all.
inline constexpr double kCurveStep = 0.005;

/// `predictions` have passed CheckPredictions; `label` is an index into their probabilities.
ClassRanking RankClass(std::span<const Prediction> predictions, size_t label);
std::vector<ClassRanking> RankClasses(std::span<const Prediction> predictions, size_t classes);

}  // namespace keelrow::evaluate
