#include "evaluate/ranking.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/parallel.h"

namespace keelrow::evaluate {
namespace {

struct Ranked {
  float probability;
  bool positive;
};

/// Examples at or above a threshold.
struct Passed {
  double positives = 0;
  double negatives = 0;

  double Precision() const { return positives / (positives + negatives); }
};

/// After each distinct probability, the highest first.
std::vector<Passed> Sweep(std::span<const Prediction> predictions, size_t label) {
  std::vector<Ranked> ranked;
  for (const Prediction& prediction : predictions) {
    ranked.push_back({.probability = prediction.probabilities[label],
                      .positive = static_cast<size_t>(prediction.truth) == label});
  }
  std::ranges::sort(ranked, std::greater(), &Ranked::probability);
  std::vector<Passed> steps;
  Passed passed;
  for (size_t i = 0; i < ranked.size(); ++i) {
    (ranked[i].positive ? passed.positives : passed.negatives) += 1;
    const bool last = i + 1 == ranked.size() || ranked[i + 1].probability < ranked[i].probability;
    if (last) steps.push_back(passed);
  }
  return steps;
}

/// The first and the last point always stay. Of a straight run up or to the right, both ends.
void Append(std::vector<CurvePoint>& curve, CurvePoint point, bool last) {
  const CurvePoint back = curve.back();
  const bool far =
      std::abs(point.x - back.x) >= kCurveStep || std::abs(point.y - back.y) >= kCurveStep;
  if (!far && !last) return;
  const bool straight =
      curve.size() > 1 && ((curve[curve.size() - 2].x == back.x && back.x == point.x) ||
                           (curve[curve.size() - 2].y == back.y && back.y == point.y));
  if (straight) curve.pop_back();
  curve.push_back(point);
}

}  // namespace

ClassRanking RankClass(std::span<const Prediction> predictions, size_t label) {
  const std::vector<Passed> steps = Sweep(predictions, label);
  if (steps.empty() || steps.back().positives == 0 || steps.back().negatives == 0) return {};
  const Passed all = steps.back();
  ClassRanking ranking{.roc = {{0, 0}}, .precision_recall = {{0, steps[0].Precision()}}};
  double auc = 0;
  double average_precision = 0;
  Passed before;
  for (const Passed& now : steps) {
    const double found = (now.positives - before.positives) / all.positives;
    auc += (now.negatives - before.negatives) / all.negatives * (now.positives + before.positives) /
           (2 * all.positives);
    average_precision += found * now.Precision();
    const bool last = &now == &steps.back();
    const double recall = now.positives / all.positives;
    Append(ranking.roc, {now.negatives / all.negatives, recall}, last);
    Append(ranking.precision_recall, {recall, now.Precision()}, last);
    before = now;
  }
  ranking.auc = auc;
  ranking.average_precision = average_precision;
  return ranking;
}

std::vector<ClassRanking> RankClasses(std::span<const Prediction> predictions, size_t classes) {
  std::vector<ClassRanking> rankings(classes);
  ParallelFor(classes, [&](size_t c) { rankings[c] = RankClass(predictions, c); });
  return rankings;
}

}  // namespace keelrow::evaluate
