#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "evaluate/prediction.h"

namespace keelrow::evaluate {

enum class Better { kHigher, kLower };

/// One row of the metrics table (metrics.cpp). A metric's full name in gates, runs and the store
/// is `SUBSET.NAME`, as in `test.accuracy`; the caller, who knows the subset, puts that in front.
struct Metric {
  std::string_view name;
  std::string_view title;  // for people: "Balanced accuracy"
  std::string_view help;
  Better better;
  size_t classes_min;  // with fewer classes the metric says nothing and is left out
  /// `predictions` have passed CheckPredictions.
  double (*compute)(std::span<const Prediction> predictions, size_t classes);
};

/// All rows, in the order in which they are shown.
std::span<const Metric> MetricsTable();
/// The row of that name, or null.
const Metric* FindMetric(std::string_view name);

/// Every metric that applies to that many classes and says something about these predictions (of
/// one class alone there is no ROC curve). Throws as CheckPredictions does.
std::map<std::string, double> ComputeMetrics(std::span<const Prediction> predictions,
                                             size_t classes);

}  // namespace keelrow::evaluate
