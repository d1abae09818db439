#include "labels/agreement.h"

#include <algorithm>

#include "base/text.h"
#include "labels/geometry.h"
#include "labels/matching.h"

namespace keelrow::labels {
namespace {

constexpr double kMatchMin = 0.5;  // IoU

std::vector<Edge> PossibleMatches(const Annotation& a, const Annotation& b) {
  std::vector<Bounds> bounds;  // of a's regions, then of b's
  for (const Region& region : a.regions) bounds.push_back(BoundsOf(region.outline));
  for (const Region& region : b.regions) bounds.push_back(BoundsOf(region.outline));
  const size_t first_of_b = a.regions.size();
  std::vector<Edge> edges;
  ForEachOverlap(bounds, [&](size_t i, size_t j) {
    if (i >= first_of_b || j < first_of_b) return;  // both are one annotator's
    const Region& of_a = a.regions[i];
    const Region& of_b = b.regions[j - first_of_b];
    if (of_a.label != of_b.label) return;
    const double iou = Iou(of_a, of_b);
    if (iou < kMatchMin) return;
    edges.push_back({static_cast<int>(i), static_cast<int>(j - first_of_b), iou});
  });
  return edges;
}

RegionScore Compare(const Annotation& a, const Annotation& b) {
  RegionScore score{.tasks = 1, .drawn = static_cast<int64_t>(a.regions.size() + b.regions.size())};
  const auto matched = BestMatching(static_cast<int>(a.regions.size()),
                                    static_cast<int>(b.regions.size()), PossibleMatches(a, b));
  for (const Edge& edge : matched) {
    ++score.matched;
    score.iou_sum += edge.weight;
  }
  return score;
}

/// All classes that an annotator chose, as one.
std::string ClassOf(const Annotation& annotation) {
  std::vector<std::string> classes = annotation.classes;
  std::ranges::sort(classes);
  return JoinText(classes, "|");
}

void CompareRegions(const Task& task, Agreement& agreement) {
  for (size_t i = 0; i < task.annotations.size(); ++i) {
    for (size_t j = i + 1; j < task.annotations.size(); ++j) {
      const Annotation& a = task.annotations[i];
      const Annotation& b = task.annotations[j];
      if (a.regions.empty() && b.regions.empty()) continue;
      const RegionScore score = Compare(a, b);
      agreement.regions.Add(score);
      agreement.by_annotator[a.annotator].Add(score);
      if (b.annotator != a.annotator) agreement.by_annotator[b.annotator].Add(score);
      const auto [least, fresh] = agreement.f1_of_task.emplace(task.id, score.F1());
      if (!fresh) least->second = std::min(least->second, score.F1());
    }
  }
}

std::vector<Ratings> RatingsOf(const LabelSet& set) {
  std::vector<Ratings> all;
  for (const Task& task : set.tasks) {
    Ratings ratings;
    for (const Annotation& annotation : task.annotations) {
      if (!annotation.classes.empty()) ratings[annotation.annotator] = ClassOf(annotation);
    }
    if (ratings.size() >= 2) all.push_back(std::move(ratings));
  }
  return all;
}

ClassScore ScoreClasses(const std::vector<Ratings>& tasks) {
  std::map<std::pair<std::string, std::string>, std::vector<std::pair<std::string, std::string>>>
      pairs;
  for (const Ratings& ratings : tasks) {
    for (auto a = ratings.begin(); a != ratings.end(); ++a) {
      for (auto b = std::next(a); b != ratings.end(); ++b) {
        pairs[{a->first, b->first}].emplace_back(a->second, b->second);
      }
    }
  }
  ClassScore score{.fleiss = FleissKappa(tasks), .krippendorff = KrippendorffAlpha(tasks)};
  for (const auto& [annotators, classes] : pairs) {
    if (const auto kappa = CohenKappa(classes)) score.cohen[annotators] = *kappa;
  }
  return score;
}

/// Nothing where chance alone would agree always.
std::optional<double> BeyondChance(double observed, double expected) {
  if (expected >= 1) return std::nullopt;
  return (observed - expected) / (1 - expected);
}

std::map<std::string, double> CountsOf(const Ratings& ratings) {
  std::map<std::string, double> counts;
  for (const auto& [annotator, value] : ratings) ++counts[value];
  return counts;
}

size_t MostUsualSize(const std::vector<Ratings>& tasks) {
  std::map<size_t, size_t> sizes;
  for (const Ratings& ratings : tasks) ++sizes[ratings.size()];
  const auto most = std::ranges::max_element(sizes, {}, [](const auto& row) { return row.second; });
  return most == sizes.end() ? 0 : most->first;
}

}  // namespace

double RegionScore::F1() const {
  return drawn == 0 ? 1 : 2 * static_cast<double>(matched) / static_cast<double>(drawn);
}

double RegionScore::MeanIou() const {
  return matched == 0 ? 0 : iou_sum / static_cast<double>(matched);
}

void RegionScore::Add(const RegionScore& other) {
  tasks += other.tasks;
  matched += other.matched;
  drawn += other.drawn;
  iou_sum += other.iou_sum;
}

Agreement MeasureAgreement(const LabelSet& set) {
  Agreement agreement;
  for (const Task& task : set.tasks) CompareRegions(task, agreement);
  agreement.classes = ScoreClasses(RatingsOf(set));
  return agreement;
}

std::optional<double> CohenKappa(const std::vector<std::pair<std::string, std::string>>& pairs) {
  if (pairs.empty()) return std::nullopt;
  const auto total = static_cast<double>(pairs.size());
  std::map<std::string, double> of_a;
  std::map<std::string, double> of_b;
  double same = 0;
  for (const auto& [a, b] : pairs) {
    ++of_a[a];
    ++of_b[b];
    same += a == b ? 1 : 0;
  }
  double expected = 0;
  for (const auto& [value, count] : of_a) {
    const auto found = of_b.find(value);
    if (found != of_b.end()) expected += count / total * found->second / total;
  }
  return BeyondChance(same / total, expected);
}

std::optional<double> FleissKappa(const std::vector<Ratings>& tasks) {
  const size_t raters = MostUsualSize(tasks);
  if (raters < 2) return std::nullopt;
  const auto n = static_cast<double>(raters);
  double compared = 0;
  double agreement = 0;
  std::map<std::string, double> totals;
  for (const Ratings& ratings : tasks) {
    if (ratings.size() != raters) continue;
    ++compared;
    for (const auto& [value, count] : CountsOf(ratings)) {
      agreement += count * (count - 1) / (n * (n - 1));
      totals[value] += count;
    }
  }
  double expected = 0;
  for (const auto& [value, count] : totals) {
    const double share = count / (compared * n);
    expected += share * share;
  }
  return BeyondChance(agreement / compared, expected);
}

std::optional<double> KrippendorffAlpha(const std::vector<Ratings>& tasks) {
  double total = 0;  // values that can be paired
  double disagreement = 0;
  std::map<std::string, double> totals;
  for (const Ratings& ratings : tasks) {
    const auto size = static_cast<double>(ratings.size());
    if (size < 2) continue;
    total += size;
    for (const auto& [value, count] : CountsOf(ratings)) {
      totals[value] += count;
      disagreement += count * (size - count) / (size - 1);
    }
  }
  double expected = 0;
  for (const auto& [value, count] : totals) expected += count * (total - count);
  if (expected == 0) return std::nullopt;
  return 1 - (total - 1) * disagreement / expected;
}

}  // namespace keelrow::labels
