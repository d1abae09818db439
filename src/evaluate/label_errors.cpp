#include "evaluate/label_errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "base/error.h"

namespace keelrow::evaluate {
namespace {

/// Entry [given][true], as in the paper.
using Matrix = std::vector<std::vector<double>>;

constexpr double kSlack = 1e-6;  // cleanlab's, against rounding in comparisons of probabilities

size_t Given(const Prediction& prediction) {
  return static_cast<size_t>(prediction.truth);
}

std::vector<double> CountsOf(std::span<const Prediction> predictions, size_t classes) {
  std::vector<double> counts(classes);
  for (const Prediction& prediction : predictions) ++counts[Given(prediction)];
  return counts;
}

/// For each class the mean probability that its own examples are given: from there on an example
/// counts as confidently of the class. A class without examples is never confident.
std::vector<double> Thresholds(std::span<const Prediction> predictions,
                               const std::vector<double>& counts) {
  std::vector<double> sums(counts.size());
  for (const Prediction& prediction : predictions) {
    sums[Given(prediction)] += prediction.probabilities[Given(prediction)];
  }
  std::vector<double> thresholds;
  for (size_t k = 0; k < counts.size(); ++k) {
    constexpr double kNever = 2;
    thresholds.push_back(counts[k] == 0 ? kNever : std::max(2 * kSlack, sums[k] / counts[k]));
  }
  return thresholds;
}

/// The class that an example confidently belongs to; `classes` when there is none.
size_t ConfidentClass(const Prediction& prediction, const std::vector<double>& thresholds) {
  const size_t classes = thresholds.size();
  size_t first = classes;
  size_t count = 0;
  for (size_t k = 0; k < classes; ++k) {
    if (prediction.probabilities[k] < thresholds[k] - kSlack) continue;
    if (count++ == 0) first = k;
  }
  return count > 1 ? PredictedClass(prediction) : first;
}

/// Whole numbers with the sum of `row`: those that rounding moved furthest give way, of equals the
/// last where something is missing and the first where there is too much.
void RoundKeepingSum(std::vector<double>& row) {
  const std::vector<double> exact = row;
  for (double& value : row) value = std::nearbyint(value);
  const double sum = std::nearbyint(std::accumulate(exact.begin(), exact.end(), 0.0));
  const double missing = sum - std::accumulate(row.begin(), row.end(), 0.0);
  const double step = missing < 0 ? -1 : 1;
  std::vector<size_t> order(row.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, {}, [&](size_t i) { return exact[i] - row[i]; });
  if (step > 0) std::ranges::reverse(order);
  for (size_t i = 0; i < static_cast<size_t>(std::abs(missing)); ++i) {
    row[order[i % order.size()]] += step;
  }
}

/// The confident joint, brought to the true number of labels of each class.
Matrix CalibratedJoint(std::span<const Prediction> predictions, size_t classes) {
  const std::vector<double> counts = CountsOf(predictions, classes);
  const std::vector<double> thresholds = Thresholds(predictions, counts);
  Matrix joint(classes, std::vector<double>(classes));
  for (const Prediction& prediction : predictions) {
    const size_t found = ConfidentClass(prediction, thresholds);
    if (found < classes) ++joint[Given(prediction)][found];
  }
  for (size_t k = 0; k < classes; ++k) {
    joint[k][k] = std::max(joint[k][k], 1.0);
    const double total = std::accumulate(joint[k].begin(), joint[k].end(), 0.0);
    for (double& value : joint[k]) value *= counts[k] / total;
    RoundKeepingSum(joint[k]);
  }
  return joint;
}

/// How many examples of each given class to take for errors of each true one: at least one example
/// of a class must stay.
void KeepOneOfEachClass(Matrix& joint) {
  for (size_t k = 0; k < joint.size(); ++k) {
    std::vector<double>& row = joint[k];
    const double kept = std::max(1.0, row[k]);
    const double raised = kept - row[k];
    const auto filled = std::ranges::count_if(row, [](double value) { return value != 0; });
    const double share = raised / std::max(1.0, static_cast<double>(filled) - 1);
    for (double& value : row) value = std::max(0.0, std::trunc(value - share));
    row[k] = kept;
  }
}

/// Marks the `count` examples of `members` that lean most from their label towards `other`.
void MarkErrors(std::span<const Prediction> predictions, std::vector<size_t> members, size_t other,
                size_t count, std::vector<bool>& errors) {
  count = std::min(count, members.size());
  const auto margin = [&](size_t i) {
    const Prediction& prediction = predictions[i];
    return prediction.probabilities[other] - prediction.probabilities[Given(prediction)];
  };
  std::ranges::stable_sort(members, std::ranges::greater{}, margin);
  for (size_t i = 0; i < count; ++i) errors[members[i]] = true;
}

std::vector<bool> Errors(std::span<const Prediction> predictions, size_t classes) {
  Matrix joint = CalibratedJoint(predictions, classes);
  KeepOneOfEachClass(joint);
  std::vector<std::vector<size_t>> members(classes);
  for (size_t i = 0; i < predictions.size(); ++i) members[Given(predictions[i])].push_back(i);
  std::vector<bool> errors(predictions.size());
  for (size_t given = 0; given < classes; ++given) {
    if (members[given].size() < 2) continue;
    for (size_t other = 0; other < classes; ++other) {
      if (other == given || joint[given][other] < 1) continue;
      MarkErrors(predictions, members[given], other, static_cast<size_t>(joint[given][other]),
                 errors);
    }
  }
  return errors;
}

}  // namespace

std::vector<LabelQuality> FindLabelErrors(std::span<const Prediction> predictions, size_t classes) {
  CheckPredictions(predictions, classes);
  const std::vector<bool> errors = Errors(predictions, classes);
  std::vector<LabelQuality> found;
  for (size_t i = 0; i < predictions.size(); ++i) {
    const size_t given = Given(predictions[i]);
    const size_t suggested = PredictedClass(predictions[i]);
    if (suggested == given) continue;
    found.push_back({.example = i,
                     .given = given,
                     .suggested = suggested,
                     .score = predictions[i].probabilities[given],
                     .error = errors[i]});
  }
  std::ranges::stable_sort(found, {},
                           [](const LabelQuality& q) { return std::tuple(!q.error, q.score); });
  return found;
}

std::vector<SuspectLabel> FindSuspectLabels(std::span<const Prediction> predictions,
                                            const std::vector<std::string>& classes) {
  std::vector<SuspectLabel> labels;
  for (const LabelQuality& quality : FindLabelErrors(predictions, classes.size())) {
    labels.push_back({.id = predictions[quality.example].id,
                      .label = classes[quality.given],
                      .suggested = classes[quality.suggested],
                      .score = quality.score,
                      .error = quality.error});
  }
  return labels;
}

Json ToJson(const std::vector<SuspectLabel>& labels) {
  Json rows = Json::array();
  for (const SuspectLabel& suspect : labels) {
    rows.push_back({{"id", suspect.id},
                    {"label", suspect.label},
                    {"suggested", suspect.suggested},
                    {"score", suspect.score},
                    {"error", suspect.error}});
  }
  return rows;
}

std::vector<SuspectLabel> SuspectLabelsFromJson(const Json& json, std::string_view name) {
  try {
    std::vector<SuspectLabel> labels;
    for (const Json& row : json) {
      labels.push_back({.id = row.at("id"),
                        .label = row.at("label"),
                        .suggested = row.at("suggested"),
                        .score = row.at("score"),
                        .error = row.at("error")});
    }
    return labels;
  } catch (const Json::exception& failure) {
    throw Error(Code::kCorrupt,
                fmt::format("{} is no list of suspect labels: {}", name, failure.what()));
  }
}

}  // namespace keelrow::evaluate
