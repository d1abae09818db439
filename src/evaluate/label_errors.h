#pragma once

#include <cstddef>
#include <span>
#include <string>
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

/// The same for people and files: names instead of indices.
struct SuspectLabel {
  std::string id;
  std::string label;
  std::string suggested;
  double score = 0;
  bool error = false;
  bool operator==(const SuspectLabel&) const = default;
};

/// `classes` are the labels in the order of the probabilities. Order and errors as above.
std::vector<SuspectLabel> FindSuspectLabels(std::span<const Prediction> predictions,
                                            const std::vector<std::string>& classes);

Json ToJson(const std::vector<SuspectLabel>& labels);
/// `name` stands in messages for the source. Throws kCorrupt.
std::vector<SuspectLabel> SuspectLabelsFromJson(const Json& json, std::string_view name);

}  // namespace keelrow::evaluate
