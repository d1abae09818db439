#include "evaluate/prediction.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"

namespace keelrow::evaluate {
namespace {

/// Softmax in float32 may end a few units in the last place above one.
constexpr float kProbabilityMax = 1.0f + 1e-5f;

bool IsProbability(float value) {
  return value >= 0.0f && value <= kProbabilityMax;
}

void CheckPrediction(const Prediction& prediction, size_t classes) {
  const auto& [id, truth, probabilities, columns] = prediction;
  if (probabilities.size() != classes) {
    throw Error(Code::kBadValue, fmt::format("prediction `{}` has {} probabilities for {} classes",
                                             id, probabilities.size(), classes));
  }
  if (truth < 0 || static_cast<size_t>(truth) >= classes) {
    throw Error(Code::kBadValue, fmt::format("prediction `{}` has truth {}; classes are 0 to {}",
                                             id, truth, classes - 1));
  }
  const auto wrong = std::find_if_not(probabilities.begin(), probabilities.end(), IsProbability);
  if (wrong != probabilities.end()) {
    throw Error(Code::kBadValue,
                fmt::format("prediction `{}` gives class {} the probability {}", id,
                            wrong - probabilities.begin(), *wrong),
                {.hint = "the network's output must pass through softmax before it is evaluated"});
  }
}

}  // namespace

size_t PredictedClass(const Prediction& prediction) {
  const auto& p = prediction.probabilities;
  return static_cast<size_t>(std::max_element(p.begin(), p.end()) - p.begin());
}

double Confidence(const Prediction& prediction) {
  return prediction.probabilities[PredictedClass(prediction)];
}

void CheckPredictions(std::span<const Prediction> predictions, size_t classes) {
  if (predictions.empty()) {
    throw Error(Code::kNoData, "there are no predictions to evaluate",
                {.hint = "the subset is empty: give it a larger share in `data.split`"});
  }
  if (classes == 0) throw Error(Code::kBadValue, "predictions over no classes");
  for (const Prediction& prediction : predictions) CheckPrediction(prediction, classes);
}

std::string ToLine(const Prediction& prediction, const std::vector<std::string>& classes,
                   const Json& more) {
  const size_t best = PredictedClass(prediction);
  Json row = {{"id", prediction.id},
              {"label", classes.at(static_cast<size_t>(prediction.truth))},
              {"predicted", classes.at(best)},
              {"confidence", prediction.probabilities[best]},
              {"probabilities", prediction.probabilities}};
  row.update(more);
  return row.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace keelrow::evaluate
