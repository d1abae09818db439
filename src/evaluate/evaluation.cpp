#include "evaluate/evaluation.h"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

#include "evaluate/metrics.h"

namespace keelrow::evaluate {
namespace {

bool SurerThan(const Mistake& a, const Mistake& b) {
  return std::tie(b.probability, a.id) < std::tie(a.probability, b.id);
}

/// The surest first.
std::vector<Mistake> Mistakes(std::span<const Prediction> predictions) {
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
  return mistakes;
}

std::vector<ConfusedPair> MostConfused(std::span<const Mistake> mistakes) {
  std::map<std::pair<size_t, size_t>, ConfusedPair> found;
  for (const Mistake& mistake : mistakes) {
    ConfusedPair& pair = found[{mistake.truth, mistake.predicted}];
    pair.truth = mistake.truth;
    pair.predicted = mistake.predicted;
    if (pair.count++ < kConfusedExamples) pair.surest.push_back(mistake);
  }
  std::vector<ConfusedPair> pairs;
  for (auto& [classes, pair] : found) pairs.push_back(std::move(pair));
  std::ranges::stable_sort(pairs, std::greater(), &ConfusedPair::count);
  if (pairs.size() > kConfusedPairs) pairs.resize(kConfusedPairs);
  return pairs;
}

/// A thousand curves would be megabytes that nobody looks at.
void KeepWorstCurves(std::vector<ClassRanking>& rankings) {
  std::vector<ClassRanking*> order;
  for (ClassRanking& ranking : rankings) order.push_back(&ranking);
  std::ranges::stable_sort(order, {}, [](const ClassRanking* ranking) {
    return ranking->average_precision.value_or(2);
  });
  for (size_t i = kCurvesMax; i < order.size(); ++i) {
    order[i]->roc.clear();
    order[i]->precision_recall.clear();
  }
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
  result.ranking = RankClasses(predictions, count);
  KeepWorstCurves(result.ranking);
  result.slices = SliceByColumns(predictions);
  result.worst = Mistakes(predictions);
  result.confused = MostConfused(result.worst);
  if (result.worst.size() > kWorstMistakes) result.worst.resize(kWorstMistakes);
  return result;
}

}  // namespace keelrow::evaluate
