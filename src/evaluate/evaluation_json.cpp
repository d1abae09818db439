#include <fmt/format.h>

#include <algorithm>

#include "evaluate/evaluation.h"

namespace keelrow::evaluate {
namespace {

Json ToJson(const ConfusionMatrix& confusion) {
  Json rows = Json::array();
  for (size_t truth = 0; truth < confusion.classes(); ++truth) {
    Json row = Json::array();
    for (size_t c = 0; c < confusion.classes(); ++c) row.push_back(confusion.at(truth, c));
    rows.push_back(std::move(row));
  }
  return rows;
}

Json ClassesToJson(const Evaluation& evaluation) {
  Json rows = Json::array();
  for (size_t c = 0; c < evaluation.classes.size(); ++c) {
    const ClassScores& scores = evaluation.per_class[c];
    rows.push_back({{"label", evaluation.classes[c]},
                    {"precision", scores.precision},
                    {"recall", scores.recall},
                    {"f1", scores.f1},
                    {"support", scores.support}});
  }
  return rows;
}

Json ToJson(const std::vector<ReliabilityBin>& bins) {
  Json rows = Json::array();
  for (const ReliabilityBin& bin : bins) {
    rows.push_back(
        {{"count", bin.count}, {"confidence", bin.confidence}, {"accuracy", bin.accuracy}});
  }
  return rows;
}

Json ToJson(const std::vector<Mistake>& mistakes) {
  Json rows = Json::array();
  for (const Mistake& mistake : mistakes) {
    rows.push_back({{"id", mistake.id},
                    {"truth", mistake.truth},
                    {"predicted", mistake.predicted},
                    {"probability", mistake.probability}});
  }
  return rows;
}

Error Wrong(std::string_view name, const char* key) {
  return Error(Code::kCorrupt, fmt::format("{}: `{}` does not fit the classes", name, key));
}

ConfusionMatrix ConfusionFrom(const Json& rows, size_t classes, std::string_view name) {
  if (rows.size() != classes) throw Wrong(name, "confusion");
  ConfusionMatrix confusion(classes);
  for (size_t truth = 0; truth < classes; ++truth) {
    if (rows.at(truth).size() != classes) throw Wrong(name, "confusion");
    for (size_t c = 0; c < classes; ++c) confusion.Add(truth, c, rows.at(truth).at(c));
  }
  return confusion;
}

std::vector<ReliabilityBin> BinsFrom(const Json& rows) {
  std::vector<ReliabilityBin> bins;
  for (const Json& row : rows) {
    bins.push_back({.count = row.at("count"),
                    .confidence = row.at("confidence"),
                    .accuracy = row.at("accuracy")});
  }
  return bins;
}

std::vector<Mistake> MistakesFrom(const Json& rows, size_t classes, std::string_view name) {
  std::vector<Mistake> mistakes;
  for (const Json& row : rows) {
    Mistake mistake{.id = row.at("id"),
                    .truth = row.at("truth"),
                    .predicted = row.at("predicted"),
                    .probability = row.at("probability")};
    if (std::max(mistake.truth, mistake.predicted) >= classes) throw Wrong(name, "worst");
    mistakes.push_back(std::move(mistake));
  }
  return mistakes;
}

/// The scores follow from the confusion matrix, and are not read back but made again.
Evaluation Read(const Json& json, std::string_view name) {
  Evaluation result;
  for (const Json& row : Member(json, "per_class", name)) result.classes.push_back(row.at("label"));
  result.metrics = Member(json, "metrics", name).get<std::map<std::string, double>>();
  const size_t classes = result.classes.size();
  result.confusion = ConfusionFrom(Member(json, "confusion", name), classes, name);
  result.per_class = ScoreClasses(result.confusion);
  result.accuracy_interval =
      WilsonInterval({.successes = result.confusion.Correct(), .trials = result.confusion.Total()});
  result.reliability = BinsFrom(Member(json, "reliability", name));
  result.worst = MistakesFrom(Member(json, "worst", name), classes, name);
  return result;
}

}  // namespace

Json ToJson(const Evaluation& evaluation) {
  const Interval& interval = evaluation.accuracy_interval;
  return {{"examples", evaluation.examples()},
          {"metrics", evaluation.metrics},
          {"accuracy_interval", {{"low", interval.low}, {"high", interval.high}}},
          {"per_class", ClassesToJson(evaluation)},
          {"confusion", ToJson(evaluation.confusion)},
          {"reliability", ToJson(evaluation.reliability)},
          {"worst", ToJson(evaluation.worst)}};
}

Evaluation EvaluationFromJson(const Json& json, std::string_view name) {
  try {
    return Read(json, name);
  } catch (const Json::exception& failure) {
    throw Error(Code::kCorrupt, fmt::format("{} is not an evaluation: {}", name, failure.what()));
  }
}

}  // namespace keelrow::evaluate
