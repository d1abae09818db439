#include "evaluate/metrics.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "evaluate/calibration.h"
#include "evaluate/confusion.h"
#include "evaluate/ranking.h"

namespace keelrow::evaluate {
namespace {

using Predictions = std::span<const Prediction>;

double MeanOver(Predictions predictions, double (*value)(const Prediction&)) {
  double sum = 0;
  for (const Prediction& prediction : predictions) sum += value(prediction);
  return sum / static_cast<double>(predictions.size());
}

double Accuracy(Predictions predictions, size_t) {
  return MeanOver(predictions, [](const Prediction& p) {
    return PredictedClass(p) == static_cast<size_t>(p.truth) ? 1.0 : 0.0;
  });
}

double BalancedAccuracy(Predictions predictions, size_t classes) {
  double sum = 0;
  double present = 0;
  for (const ClassScores& scores : ScoreClasses({predictions, classes})) {
    sum += scores.recall;
    present += scores.support > 0 ? 1 : 0;
  }
  return sum / present;
}

/// Over the classes that occur as truth or as prediction.
double MacroF1(Predictions predictions, size_t classes) {
  const ConfusionMatrix confusion(predictions, classes);
  const auto scores = ScoreClasses(confusion);
  double sum = 0;
  double present = 0;
  for (size_t c = 0; c < classes; ++c) {
    sum += scores[c].f1;
    present += scores[c].support + confusion.Predicted(c) > 0 ? 1 : 0;
  }
  return sum / present;
}

double LogLoss(Predictions predictions, size_t) {
  return MeanOver(predictions, [](const Prediction& p) {
    constexpr float kSmallest = std::numeric_limits<float>::epsilon();
    const float truth = p.probabilities[static_cast<size_t>(p.truth)];
    return -std::log(static_cast<double>(std::clamp(truth, kSmallest, 1.0f)));
  });
}

double CalibrationError(Predictions predictions, size_t) {
  return ExpectedCalibrationError(ReliabilityBins(predictions));
}

/// Over the classes that have a value; NaN where none has.
double MeanOverClasses(Predictions predictions, size_t classes,
                       std::optional<double> ClassRanking::*value) {
  double sum = 0;
  double present = 0;
  for (const ClassRanking& ranking : RankClasses(predictions, classes)) {
    sum += (ranking.*value).value_or(0);
    present += (ranking.*value).has_value() ? 1 : 0;
  }
  return sum / present;
}

double RocAuc(Predictions predictions, size_t classes) {
  return MeanOverClasses(predictions, classes, &ClassRanking::auc);
}

double AveragePrecision(Predictions predictions, size_t classes) {
  return MeanOverClasses(predictions, classes, &ClassRanking::average_precision);
}

/// Classes tied with the truth at the fifth place are taken in order of their index.
double TopFive(Predictions predictions, size_t) {
  return MeanOver(predictions, [](const Prediction& p) {
    const auto truth = p.probabilities.begin() + p.truth;
    const auto before =
        std::count_if(p.probabilities.begin(), truth, [&](float other) { return other >= *truth; });
    const auto after =
        std::count_if(truth, p.probabilities.end(), [&](float other) { return other > *truth; });
    return before + after < 5 ? 1.0 : 0.0;
  });
}

// clang-format off
constexpr auto kTable = std::to_array<Metric>({
  {"accuracy", "Accuracy", "share of examples whose most probable class is the true one",
   Better::kHigher, 1, Accuracy},
  {"balanced_accuracy", "Balanced accuracy", "mean of the classes' recalls: each class counts the same, however rare",
   Better::kHigher, 1, BalancedAccuracy},
  {"macro_f1", "Macro F1", "mean of the classes' F1, the harmonic mean of precision and recall",
   Better::kHigher, 1, MacroF1},
  {"top_5", "Top-5 accuracy", "share of examples whose true class is among the five most probable",
   Better::kHigher, 6, TopFive},
  {"roc_auc", "ROC AUC", "area under the ROC curve of one class against all others, mean over the classes that occur",
   Better::kHigher, 2, RocAuc},
  {"average_precision", "Average precision", "mean precision over the steps of recall of one class against all others, mean over the classes that occur",
   Better::kHigher, 2, AveragePrecision},
  {"log_loss", "Log loss", "mean of -ln(probability of the true class), probabilities not below 1.2e-7",
   Better::kLower, 1, LogLoss},
  {"ece", "Calibration error", "expected calibration error: mean gap between confidence and accuracy, 15 equal bins",
   Better::kLower, 1, CalibrationError},
});
// clang-format on

}  // namespace

std::span<const Metric> MetricsTable() {
  return kTable;
}

const Metric* FindMetric(std::string_view name) {
  const auto row = std::find_if(kTable.begin(), kTable.end(),
                                [&](const Metric& metric) { return metric.name == name; });
  return row == kTable.end() ? nullptr : &*row;
}

std::map<std::string, double> ComputeMetrics(Predictions predictions, size_t classes) {
  CheckPredictions(predictions, classes);
  std::map<std::string, double> values;
  for (const Metric& metric : kTable) {
    if (classes < metric.classes_min) continue;
    const double value = metric.compute(predictions, classes);
    if (!std::isnan(value)) values.emplace(metric.name, value);
  }
  return values;
}

}  // namespace keelrow::evaluate
