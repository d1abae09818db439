#include "train/cross_validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "base/files.h"
#include "evaluate/cross_validation.h"
#include "evaluate/label_errors.h"
#include "evaluate/metrics.h"
#include "train/fold.h"

namespace keelrow::train {
namespace {

using evaluate::Prediction;

/// Everything but what is held back for the test.
std::vector<data::Example> Candidates(const data::Catalog& catalog) {
  std::vector<data::Example> examples = catalog.In(data::Subset::kTrain);
  const std::vector<data::Example> more = catalog.In(data::Subset::kValidation);
  examples.insert(examples.end(), more.begin(), more.end());
  return examples;
}

/// Of the examples that are learned from or validated with.
double ValidationShare(const data::Catalog& catalog) {
  const auto count = [&](data::Subset subset) {
    return static_cast<double>(std::ranges::count(catalog.subsets, subset));
  };
  const double validation = count(data::Subset::kValidation);
  return validation / (validation + count(data::Subset::kTrain));
}

/// Pairs of the candidates that look alike, as the step `check` found them among all examples.
std::vector<data::NearDuplicate> AlikeAmong(const job::StepJob& step, const data::Catalog& catalog,
                                            const std::vector<data::Example>& candidates) {
  std::map<std::string, size_t> places;
  for (size_t i = 0; i < candidates.size(); ++i) places[candidates[i].id] = i;
  std::vector<data::NearDuplicate> among;
  const fs::path file = step.Input("check", "near_duplicates.jsonl");
  for (data::NearDuplicate pair : data::ReadNearDuplicates(file, catalog.examples)) {
    const auto first = places.find(catalog.examples[pair.first].id);
    const auto second = places.find(catalog.examples[pair.second].id);
    if (first == places.end() || second == places.end()) continue;
    std::tie(pair.first, pair.second) = std::minmax(first->second, second->second);
    among.push_back(pair);
  }
  return among;
}

std::vector<FoldResult> RunFolds(const FoldSetting& setting, const std::vector<data::Fold>& folds) {
  std::vector<FoldResult> results;
  for (size_t i = 0; i < folds.size(); ++i) results.push_back(RunFold(setting, i, folds[i]));
  return results;
}

void Report(const evaluate::CrossValidation& validation) {
  job::StepEvent event{.step = 0};
  for (const auto& [name, mean] : validation.means) {
    event.metrics["cross_validation." + name] = mean.mean;
    if (!mean.interval) continue;
    event.metrics["cross_validation." + name + ".low"] = mean.interval->low;
    event.metrics["cross_validation." + name + ".high"] = mean.interval->high;
  }
  const evaluate::Mean& accuracy = validation.means.at("accuracy");
  event.text = fmt::format("accuracy {:.4f} ± {:.4f}", accuracy.mean,
                           accuracy.interval->high - accuracy.mean);
  job::Emit(event);
}

void Write(const TrainJob& job, const std::vector<FoldResult>& results,
           const std::vector<std::string>& labels) {
  std::vector<evaluate::FoldScore> scores;
  std::vector<Prediction> all;
  std::string lines;
  for (const FoldResult& result : results) {
    scores.push_back({.train = result.train,
                      .validation = result.validation,
                      .held_back = result.predictions.size(),
                      .epochs = result.epochs,
                      .metrics = evaluate::ComputeMetrics(result.predictions, labels.size())});
    for (const Prediction& prediction : result.predictions) {
      lines += evaluate::ToLine(prediction, labels, {{"fold", scores.size()}});
      all.push_back(prediction);
    }
  }
  const evaluate::CrossValidation validation = evaluate::Summarize(std::move(scores));
  WriteFileDurably(job.output / "predictions.jsonl", lines);
  WriteJsonFile(job.output / "cross_validation.json", evaluate::ToJson(validation));
  WriteJsonFile(job.output / "label_errors.json",
                evaluate::ToJson(evaluate::FindSuspectLabels(all, labels)));
  Report(validation);
}

}  // namespace

void RunCrossValidationStep(const job::StepJob& step) {
  const TrainJob job = ReadTrainJob(step);
  RemoveDrafts(job.output);
  const data::Catalog catalog = data::ReadCatalog(job.catalog);
  const Preparation preparation = PreparationFor(job, catalog);
  const std::vector<data::Example> examples = Candidates(catalog);
  const auto split = ReadKey<data::SplitConfig>(step, "data.split");
  const int count = ReadKey<project::CrossValidationConfig>(step, "cross_validation").folds;
  const auto alike = AlikeAmong(step, catalog, examples);
  const auto folds = data::AssignFolds(examples, split, count, job.seed, alike);
  const ExampleSet all(preparation, examples);
  const Interpreter network(BuildGraph(job, preparation, all));
  const FoldSetting setting{.job = job,
                            .preparation = preparation,
                            .network = network,
                            .examples = examples,
                            .split = split,
                            .validation_share = ValidationShare(catalog),
                            .alike = alike,
                            .folds = folds.size(),
                            .oversample = !catalog.repeats.empty()};
  Write(job, RunFolds(setting, folds), preparation.labels);
}

}  // namespace keelrow::train
