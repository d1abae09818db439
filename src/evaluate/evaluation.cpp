#include "evaluate/evaluation.h"

#include <algorithm>
#include <tuple>

#include "evaluate/metrics.h"

namespace keelrow::evaluate {
namespace {

bool SurerThan(const Mistake& a, const Mistake& b) {
  return std::tie(b.probability, a.id) < std::tie(a.probability, b.id);
}

std::vector<Mistake> WorstMistakes(std::span<const Prediction> predictions) {
  std::vector<Mistake> mistakes;
  for (const Prediction& prediction : predictions) {
    const auto truth = static_cast<size_t>(prediction.truth);
    const size_t predicted = PredictedClass(prediction);
    if (predicted == truth) continue;
    mistakes.push_back({.id = prediction.id,
                        .truth = truth,
                        .predicted = predicted,
                        .probability = Confidence(prediction)});
  }
  std::sort(mistakes.begin(), mistakes.end(), SurerThan);
  if (mistakes.size() > kWorstMistakes) mistakes.resize(kWorstMistakes);
  return mistakes;
}

}  // namespace

Evaluation Evaluate(std::span<const Prediction> predictions, std::vector<std::string> classes) {
  const size_t count = classes.size();
  Evaluation result{.classes = std::move(classes),
                    .metrics = ComputeMetrics(predictions, count),
                    .confusion = ConfusionMatrix(predictions, count)};
  result.accuracy_interval =
      WilsonInterval({.successes = result.confusion.Correct(), .trials = result.confusion.Total()});
  result.per_class = ScoreClasses(result.confusion);
  result.reliability = ReliabilityBins(predictions);
  result.worst = WorstMistakes(predictions);
  return result;
}

}  // namespace keelrow::evaluate
