#include "evaluate/ranking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "base/random.h"
#include "evaluate/metrics.h"

namespace keelrow::evaluate {
namespace {

constexpr double kRounding = 1e-12;

double Distance(const CurvePoint& a, const CurvePoint& b) {
  return std::max(std::abs(a.x - b.x), std::abs(a.y - b.y));
}

/// From the line between two points.
double DistanceTo(const CurvePoint& from, const CurvePoint& to, const CurvePoint& point) {
  const double x = to.x - from.x;
  const double y = to.y - from.y;
  const double along = (point.x - from.x) * x + (point.y - from.y) * y;
  const double share = x == 0 && y == 0 ? 0 : std::clamp(along / (x * x + y * y), 0.0, 1.0);
  return Distance({from.x + share * x, from.y + share * y}, point);
}

double DistanceToLines(const std::vector<CurvePoint>& curve, const CurvePoint& point) {
  double least = 1;
  for (size_t i = 1; i < curve.size(); ++i) {
    least = std::min(least, DistanceTo(curve[i - 1], curve[i], point));
  }
  return least;
}

double DistanceTo(const std::vector<CurvePoint>& curve, const CurvePoint& point) {
  double least = 1;
  for (const CurvePoint& other : curve) least = std::min(least, Distance(point, other));
  return least;
}

/// Ours is thinned: its points are theirs, and none of theirs is far from ours.
void ExpectCurve(const std::vector<CurvePoint>& curve, const Json& golden) {
  std::vector<CurvePoint> theirs;
  for (const Json& point : golden) theirs.push_back({point[0], point[1]});
  for (const CurvePoint& point : curve) EXPECT_LT(DistanceTo(theirs, point), kRounding);
  for (const CurvePoint& point : theirs) EXPECT_LT(DistanceToLines(curve, point), kCurveStep);
}

TEST(Ranking, AgreesWithScikitLearn) {
  const Json golden = ReadJsonFile(KEELROW_SOURCE_DIR "/tests/golden/ranking.json");
  std::vector<Prediction> predictions;
  for (const Json& row : golden.at("predictions")) {
    predictions.push_back({.id = std::to_string(predictions.size()),
                           .truth = row.at("truth"),
                           .probabilities = row.at("probabilities")});
  }
  const Json& scores = golden.at("scores");
  const auto rankings = RankClasses(predictions, scores.size() + 1);
  for (size_t c = 0; c < scores.size(); ++c) {
    EXPECT_NEAR(rankings[c].auc.value(), scores[c].at("auc"), kRounding) << c;
    EXPECT_NEAR(rankings[c].average_precision.value(), scores[c].at("average_precision"),
                kRounding);
    ExpectCurve(rankings[c].roc, scores[c].at("roc"));
    Json recall = scores[c].at("precision_recall");
    recall.push_back({0, recall[0][1]});  // scikit-learn begins at (0, 1), which is of no example
    ExpectCurve(rankings[c].precision_recall, recall);
  }
  EXPECT_EQ(rankings.back(), ClassRanking{}) << "a class without examples has no ranking";
  const auto metrics = ComputeMetrics(predictions, scores.size() + 1);
  for (const auto* name : {"roc_auc", "average_precision"}) {
    EXPECT_NEAR(metrics.at(name), golden.at("macro").at(name), kRounding) << name;
  }
}

std::vector<Prediction> Two(const std::vector<std::pair<int, float>>& rows) {
  std::vector<Prediction> predictions;
  for (const auto& [truth, p] : rows) predictions.push_back({"id", truth, {1 - p, p}});
  return predictions;
}

TEST(Ranking, DrawsBothCurves) {
  const auto predictions = Two({{1, .9f}, {0, .75f}, {1, .5f}, {0, .25f}});
  const ClassRanking ranking = RankClass(predictions, 1);
  EXPECT_DOUBLE_EQ(ranking.auc.value(), 0.75);
  EXPECT_DOUBLE_EQ(ranking.average_precision.value(), 5.0 / 6);
  const std::vector<CurvePoint> roc = {{0, 0}, {0, .5}, {.5, .5}, {.5, 1}, {1, 1}};
  EXPECT_EQ(ranking.roc, roc);
  const std::vector<CurvePoint> recall = {{0, 1}, {.5, 1}, {.5, .5}, {1, 2.0 / 3}, {1, .5}};
  EXPECT_EQ(ranking.precision_recall, recall);
}

TEST(Ranking, OfEqualProbabilitiesIsChance) {
  const ClassRanking ranking = RankClass(Two({{1, .5f}, {0, .5f}, {0, .5f}, {0, .5f}}), 1);
  EXPECT_DOUBLE_EQ(ranking.auc.value(), 0.5);
  EXPECT_DOUBLE_EQ(ranking.average_precision.value(), 0.25);
}

TEST(Ranking, ThinsCurvesButNotAreas) {
  std::vector<std::pair<int, float>> rows;
  Random random(3, "ranking test");
  for (int i = 0; i < 20000; ++i) {
    rows.emplace_back(random.Coin() ? 1 : 0, static_cast<float>(random.Uniform(0, 1)));
  }
  const ClassRanking ranking = RankClass(Two(rows), 1);
  EXPECT_LT(static_cast<double>(ranking.roc.size()), 2 / kCurveStep + 2);
  EXPECT_LT(static_cast<double>(ranking.precision_recall.size()), 5 / kCurveStep);
  EXPECT_EQ(ranking.roc.back(), (CurvePoint{1, 1}));
  EXPECT_NEAR(ranking.auc.value(), 0.5, 0.02);
}

TEST(Ranking, OfOneClassAloneIsNoMetric) {
  const auto metrics = ComputeMetrics(Two({{1, .9f}, {1, .2f}}), 2);
  EXPECT_FALSE(metrics.contains("roc_auc"));
  EXPECT_FALSE(metrics.contains("average_precision"));
  EXPECT_TRUE(metrics.contains("accuracy"));
}

}  // namespace
}  // namespace keelrow::evaluate
