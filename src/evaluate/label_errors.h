#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "evaluate/prediction.h"

namespace keelrow::evaluate {

/// How far a label is to be believed, in the light of a model that did not learn from it.
struct LabelQuality {
  size_t example = 0;    // index into the predictions
  size_t given = 0;      // class of the label
  size_t suggested = 0;  // the most probable class
  double score = 0;      // the probability of the given class: low is suspicious
  bool error = false;    // confident learning takes it for a wrong label
};

/// Confident learning (Northcutt, Jiang, Chuang 2021): estimates from out-of-fold predictions how
/// many examples labelled i belong to class j, and takes so many of those with the largest margin
/// of j over i for errors. The same examples, thresholds, rounding and score as cleanlab 2.9's
/// find_label_issues(filter_by="prune_by_noise_rate"), ranked by self_confidence.
///
/// Gives every example whose label is not the most probable class: the errors first, then the
/// rest, each by score. Throws as CheckPredictions does.
std::vector<LabelQuality> FindLabelErrors(std::span<const Prediction> predictions, size_t classes);

}  // namespace keelrow::evaluate
