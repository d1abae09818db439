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

Json ToJson(const std::vector<CurvePoint>& curve) {
  Json points = Json::array();
  for (const CurvePoint& point : curve) points.push_back({point.x, point.y});
  return points;
}

Json ToJson(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

Json ToJson(const std::vector<ClassRanking>& rankings) {
  Json rows = Json::array();
  for (const ClassRanking& ranking : rankings) {
    rows.push_back({{"auc", ToJson(ranking.auc)},
                    {"average_precision", ToJson(ranking.average_precision)},
                    {"roc", ToJson(ranking.roc)},
                    {"precision_recall", ToJson(ranking.precision_recall)}});
  }
  return rows;
}

Json ToJson(const std::vector<Slice>& slices) {
  Json rows = Json::array();
  for (const Slice& slice : slices) {
    const Interval interval = slice.AccuracyInterval();
    rows.push_back({{"column", slice.column},
                    {"value", slice.value},
                    {"pooled", slice.pooled},
                    {"examples", slice.examples},
                    {"correct", slice.correct},
                    {"p_value", slice.p_value},
                    {"accuracy_interval", {{"low", interval.low}, {"high", interval.high}}}});
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

Json ToJson(const std::vector<ConfusedPair>& pairs) {
  Json rows = Json::array();
  for (const ConfusedPair& pair : pairs) {
    rows.push_back({{"truth", pair.truth},
                    {"predicted", pair.predicted},
                    {"count", pair.count},
                    {"surest", ToJson(pair.surest)}});
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

std::optional<double> OptionalFrom(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional(json.get<double>());
}

std::vector<CurvePoint> CurveFrom(const Json& points) {
  std::vector<CurvePoint> curve;
  for (const Json& point : points) curve.push_back({point.at(0), point.at(1)});
  return curve;
}

std::vector<ClassRanking> RankingFrom(const Json& rows, size_t classes, std::string_view name) {
  if (rows.size() != classes) throw Wrong(name, "ranking");
  std::vector<ClassRanking> rankings;
  for (const Json& row : rows) {
    rankings.push_back({.auc = OptionalFrom(row.at("auc")),
                        .average_precision = OptionalFrom(row.at("average_precision")),
                        .roc = CurveFrom(row.at("roc")),
                        .precision_recall = CurveFrom(row.at("precision_recall"))});
  }
  return rankings;
}

std::vector<Slice> SlicesFrom(const Json& rows) {
  std::vector<Slice> slices;
  for (const Json& row : rows) {
    slices.push_back({.column = row.at("column"),
                      .value = row.at("value"),
                      .pooled = row.at("pooled"),
                      .examples = row.at("examples"),
                      .correct = row.at("correct"),
                      .p_value = row.at("p_value")});
  }
  return slices;
}

std::vector<Mistake> MistakesFrom(const Json& rows, size_t classes, std::string_view name) {
  std::vector<Mistake> mistakes;
  for (const Json& row : rows) {
    Mistake mistake{.id = row.at("id"),
                    .truth = row.at("truth"),
                    .predicted = row.at("predicted"),
                    .probability = row.at("probability")};
    if (std::max(mistake.truth, mistake.predicted) >= classes) throw Wrong(name, "mistakes");
    mistakes.push_back(std::move(mistake));
  }
  return mistakes;
}

std::vector<ConfusedPair> PairsFrom(const Json& rows, size_t classes, std::string_view name) {
  std::vector<ConfusedPair> pairs;
  for (const Json& row : rows) {
    ConfusedPair pair{.truth = row.at("truth"),
                      .predicted = row.at("predicted"),
                      .count = row.at("count"),
                      .surest = MistakesFrom(row.at("surest"), classes, name)};
    if (std::max(pair.truth, pair.predicted) >= classes) throw Wrong(name, "confused");
    pairs.push_back(std::move(pair));
  }
  return pairs;
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
  result.ranking = RankingFrom(Member(json, "ranking", name), classes, name);
  result.slices = SlicesFrom(Member(json, "slices", name));
  result.confused = PairsFrom(Member(json, "confused", name), classes, name);
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
          {"ranking", ToJson(evaluation.ranking)},
          {"slices", ToJson(evaluation.slices)},
          {"confused", ToJson(evaluation.confused)},
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
