#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"

namespace keelrow::evaluate {

/// What a classifier said about one example whose truth is known: the only input of every metric.
/// `probabilities` holds one number in [0, 1] per class; `truth` is an index into it.
struct Prediction {
  std::string id;
  int truth = 0;
  std::vector<float> probabilities;
  std::map<std::string, std::string> columns = {};  // what else the data says; empty: missing
};

/// The most probable class; the first of equals, so that the answer never depends on the machine.
size_t PredictedClass(const Prediction& prediction);
/// The probability of that class.
double Confidence(const Prediction& prediction);

/// Throws kNoData when there is nothing, kBadValue naming the example when it has another number
/// of classes, a truth outside of them or a probability that is none.
void CheckPredictions(std::span<const Prediction> predictions, size_t classes);

/// A line of predictions.jsonl: "id", "label", "predicted", "confidence", "probabilities", and the
/// members of `more`. `classes` are the labels in the order of the probabilities.
std::string ToLine(const Prediction& prediction, const std::vector<std::string>& classes,
                   const Json& more);

}  // namespace keelrow::evaluate
