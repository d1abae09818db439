#include "evaluate/evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "base/random.h"
#include "evaluate/metrics.h"

namespace keelrow::evaluate {
namespace {

const std::vector<std::string> kClasses = {"cat", "dog", "owl"};

/// Eight examples; the expected figures below are those of scikit-learn 1.9.1.
std::vector<Prediction> EightExamples() {
  return {{"a", 0, {.7f, .2f, .1f}},   {"b", 1, {.1f, .8f, .1f}},   {"c", 2, {.3f, .3f, .4f}},
          {"d", 0, {.25f, .5f, .25f}}, {"e", 2, {.05f, .05f, .9f}}, {"f", 1, {.6f, .3f, .1f}},
          {"g", 1, {.2f, .2f, .6f}},   {"h", 0, {.98f, .01f, .01f}}};
}

std::vector<Prediction> RandomPredictions(size_t count, size_t classes) {
  std::vector<Prediction> predictions;
  for (size_t i = 0; i < count; ++i) {
    Random random(7, "evaluation test", {i});
    std::vector<float> p(classes);
    float sum = 0;
    for (float& value : p) sum += value = static_cast<float>(random.Uniform(0.001, 1));
    for (float& value : p) value /= sum;
    predictions.push_back({"id" + std::to_string(i), static_cast<int>(random.Below(classes)), p});
  }
  return predictions;
}

Code CodeOf(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return Code::kInternal;
}

TEST(Metrics, AgreeWithScikitLearn) {
  const auto metrics = ComputeMetrics(EightExamples(), 3);
  EXPECT_DOUBLE_EQ(metrics.at("accuracy"), 0.625);
  EXPECT_DOUBLE_EQ(metrics.at("balanced_accuracy"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(metrics.at("macro_f1"), 0.62222222222222223);
  EXPECT_NEAR(metrics.at("log_loss"), 0.7276722192764282, 1e-7);
  EXPECT_NEAR(metrics.at("ece"), 0.365, 1e-7);  // by numpy: scikit-learn has none
}

TEST(Metrics, TopFiveOnlyWhereThereAreMoreClasses) {
  EXPECT_FALSE(ComputeMetrics(RandomPredictions(9, 5), 5).contains("top_5"));
  std::vector<Prediction> six = {{"in", 4, {.3f, .2f, .2f, .1f, .1f, .1f}},
                                 {"out", 5, {.3f, .2f, .2f, .1f, .1f, .1f}}};
  EXPECT_DOUBLE_EQ(ComputeMetrics(six, 6).at("top_5"), 0.5);
}

TEST(Metrics, StayFiniteWhenTheModelIsSurelyWrong) {
  const std::vector<Prediction> wrong = {{"a", 1, {1.0f, 0.0f}}};
  const auto metrics = ComputeMetrics(wrong, 2);
  EXPECT_NEAR(metrics.at("log_loss"), 15.942385, 1e-6);
  EXPECT_DOUBLE_EQ(metrics.at("macro_f1"), 0);
  EXPECT_DOUBLE_EQ(metrics.at("ece"), 1);
}

TEST(Metrics, EveryRowCanBeFoundAndExplainsItself) {
  for (const Metric& metric : MetricsTable()) {
    EXPECT_EQ(FindMetric(metric.name), &metric);
    EXPECT_FALSE(metric.title.empty() || metric.help.empty()) << metric.name;
  }
  EXPECT_EQ(FindMetric("acuracy"), nullptr);
}

TEST(Metrics, RefuseWhatIsNoPrediction) {
  const auto compute = [](std::vector<Prediction> predictions) {
    return CodeOf([&] { ComputeMetrics(predictions, 2); });
  };
  EXPECT_EQ(compute({}), Code::kNoData);
  EXPECT_EQ(compute({{"short", 0, {1.0f}}}), Code::kBadValue);
  EXPECT_EQ(compute({{"truth", 2, {.5f, .5f}}}), Code::kBadValue);
  EXPECT_EQ(compute({{"truth", -1, {.5f, .5f}}}), Code::kBadValue);
  EXPECT_EQ(compute({{"nan", 0, {NAN, .5f}}}), Code::kBadValue);
  EXPECT_EQ(compute({{"logits", 0, {7.5f, -2.0f}}}), Code::kBadValue);
}

TEST(Interval, IsWilsons) {  // Newcombe 1998, "Two-sided confidence intervals …", table I, method 3
  const auto expect = [](Proportion proportion, double low, double high) {
    const Interval interval = WilsonInterval(proportion);
    EXPECT_NEAR(interval.low, low, 5e-5);
    EXPECT_NEAR(interval.high, high, 5e-5);
  };
  expect({.successes = 81, .trials = 263}, 0.2553, 0.3662);
  expect({.successes = 15, .trials = 148}, 0.0624, 0.1605);
  expect({.successes = 0, .trials = 20}, 0.0, 0.1611);
  expect({.successes = 1, .trials = 29}, 0.0061, 0.1718);
  expect({.successes = 0, .trials = 0}, 0, 1);
}

TEST(Calibration, PutsEdgesIntoTheLowerBin) {
  const std::vector<Prediction> predictions = {{"sure", 0, {1.0f, 0.0f}}, {"torn", 1, {.5f, .5f}}};
  const auto bins = ReliabilityBins(predictions);
  ASSERT_EQ(bins.size(), kReliabilityBins);
  EXPECT_EQ(bins[14], (ReliabilityBin{.count = 1, .confidence = 1, .accuracy = 1}));
  EXPECT_EQ(bins[7], (ReliabilityBin{.count = 1, .confidence = 0.5, .accuracy = 0}));
}

TEST(Evaluate, CountsConfusionsAndScoresClasses) {
  const Evaluation result = Evaluate(EightExamples(), kClasses);
  EXPECT_EQ(result.examples(), 8u);
  EXPECT_EQ(result.confusion.at(0, 1), 1u);
  EXPECT_EQ(result.confusion.at(1, 2), 1u);
  EXPECT_EQ(result.confusion.at(2, 2), 2u);
  EXPECT_DOUBLE_EQ(result.per_class[1].precision, 0.5);
  EXPECT_DOUBLE_EQ(result.per_class[1].recall, 1.0 / 3);
  EXPECT_DOUBLE_EQ(result.per_class[1].f1, 0.4);
  EXPECT_EQ(result.per_class[2].support, 2u);
}

TEST(Evaluate, ListsTheSurestMistakesFirst) {
  const Evaluation result = Evaluate(EightExamples(), kClasses);
  std::vector<std::string> ids;
  for (const Mistake& mistake : result.worst) ids.push_back(mistake.id);
  EXPECT_THAT(ids, testing::ElementsAre("f", "g", "d"));  // f and g tie at 0.6
  EXPECT_EQ(Evaluate(RandomPredictions(300, 4), {"a", "b", "c", "d"}).worst.size(), kWorstMistakes);
}

TEST(Evaluate, NamesTheMostConfusedPairs) {
  auto predictions = EightExamples();
  predictions.push_back({"i", 1, {.9f, .1f, 0}});
  const Evaluation result = Evaluate(predictions, kClasses);
  ASSERT_EQ(result.confused.size(), 3u);
  const ConfusedPair& first = result.confused[0];
  EXPECT_EQ(first.truth, 1u);
  EXPECT_EQ(first.predicted, 0u);
  EXPECT_EQ(first.count, 2u);
  ASSERT_EQ(first.surest.size(), 2u);
  EXPECT_EQ(first.surest[0].id, "i");
  EXPECT_EQ(first.surest[1].id, "f");
}

TEST(Evaluate, KeepsCurvesOfTheWorstRankedOnly) {
  const Evaluation result =
      Evaluate(RandomPredictions(900, 30), std::vector<std::string>(30, "class"));
  double drawn_max = 0;
  double hidden_min = 1;
  size_t drawn = 0;
  for (const ClassRanking& ranking : result.ranking) {
    const double precision = ranking.average_precision.value();
    drawn += ranking.roc.empty() ? 0 : 1;
    if (ranking.roc.empty()) hidden_min = std::min(hidden_min, precision);
    if (!ranking.roc.empty()) drawn_max = std::max(drawn_max, precision);
  }
  EXPECT_EQ(drawn, kCurvesMax);
  EXPECT_LE(drawn_max, hidden_min);
}

TEST(Evaluate, DoesNotDependOnTheOrderOfExamples) {
  auto predictions = RandomPredictions(200, 3);
  const Evaluation forward = Evaluate(predictions, kClasses);
  std::reverse(predictions.begin(), predictions.end());
  const Evaluation backward = Evaluate(predictions, kClasses);
  EXPECT_EQ(forward.confusion, backward.confusion);
  EXPECT_EQ(forward.worst, backward.worst);
  for (const auto& [name, value] : forward.metrics) {
    EXPECT_NEAR(value, backward.metrics.at(name), 1e-12) << name;
  }
}

TEST(EvaluationJson, ReturnsTheSameValue) {
  auto predictions = RandomPredictions(500, 3);
  for (size_t i = 0; i < 500; ++i) predictions[i].columns["light"] = i % 3 == 0 ? "day" : "night";
  const Evaluation result = Evaluate(predictions, kClasses);
  EXPECT_EQ(result.slices.size(), 2u);
  const Json json = Json::parse(ToJson(result).dump());
  EXPECT_EQ(EvaluationFromJson(json, "metrics.json"), result);
}

TEST(EvaluationJson, RefusesDamage) {
  const Json good = ToJson(Evaluate(RandomPredictions(50, 3), kClasses));
  const auto code_with = [&](const std::function<void(Json&)>& damage) {
    Json json = good;
    damage(json);
    return CodeOf([&] { EvaluationFromJson(json, "metrics.json"); });
  };
  EXPECT_EQ(code_with([](Json& j) { j.erase("confusion"); }), Code::kCorrupt);
  EXPECT_EQ(code_with([](Json& j) { j["confusion"].erase(0); }), Code::kCorrupt);
  EXPECT_EQ(code_with([](Json& j) { j["worst"][0]["predicted"] = 3; }), Code::kCorrupt);
  EXPECT_EQ(code_with([](Json& j) { j["ranking"].erase(0); }), Code::kCorrupt);
  EXPECT_EQ(code_with([](Json& j) { j["ranking"][0]["roc"][0] = 1; }), Code::kCorrupt);
  EXPECT_EQ(code_with([](Json& j) { j["confused"][0]["truth"] = 3; }), Code::kCorrupt);
  EXPECT_EQ(code_with([](Json& j) { j["metrics"]["ece"] = "low"; }), Code::kCorrupt);
  EXPECT_EQ(code_with([](Json& j) { j = "metrics"; }), Code::kCorrupt);
}

}  // namespace
}  // namespace keelrow::evaluate
