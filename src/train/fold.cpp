#include "train/fold.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/log.h"
#include "data/cleaning.h"
#include "train/evaluation.h"
#include "train/trainer.h"

namespace keelrow::train {
namespace {

std::vector<data::Example> Pick(const std::vector<data::Example>& examples,
                                const std::vector<size_t>& indices) {
  std::vector<data::Example> picked;
  for (const size_t index : indices) picked.push_back(examples[index]);
  return picked;
}

/// The rules by which a fold divides what it may learn from: those of the project, with its
/// validation examples in the place of the test's. The step `split` has already seen to what leaks
/// over borders.
data::SplitConfig InnerSplit(const FoldSetting& setting) {
  data::SplitConfig split = setting.split;
  split.train = 1 - setting.validation_share;
  split.test = setting.validation_share;
  split.validation = 0;
  split.near_duplicates = {Threshold::Op::kLessEqual, 1};
  split.subset.clear();
  split.cuts.clear();
  split.allow_duplicates = true;
  split.allow_group_overlap = true;
  split.allow_time_overlap = true;
  return split;
}

/// The pairs among the chosen examples, by their places there. `chosen` is sorted.
std::vector<data::NearDuplicate> AlikeAmong(const std::vector<data::NearDuplicate>& alike,
                                            const std::vector<size_t>& chosen) {
  std::vector<data::NearDuplicate> among;
  for (data::NearDuplicate pair : alike) {
    const auto first = std::ranges::lower_bound(chosen, pair.first);
    const auto second = std::ranges::lower_bound(chosen, pair.second);
    if (first == chosen.end() || *first != pair.first) continue;
    if (second == chosen.end() || *second != pair.second) continue;
    pair.first = static_cast<size_t>(first - chosen.begin());
    pair.second = static_cast<size_t>(second - chosen.begin());
    among.push_back(pair);
  }
  return among;
}

std::vector<data::Subset> InnerSubsets(const FoldSetting& setting,
                                       const std::vector<data::Example>& examples,
                                       const std::vector<size_t>& chosen) {
  if (setting.validation_share == 0) {
    return std::vector<data::Subset>(examples.size(), data::Subset::kTrain);
  }
  // Of its own name: the split's would put nearly all where they are in the whole.
  std::vector<data::Subset> subsets =
      data::AssignSplit(examples, InnerSplit(setting), setting.job.seed,
                        AlikeAmong(setting.alike, chosen), "folds.validation")
          .subsets;
  std::ranges::replace(subsets, data::Subset::kTest, data::Subset::kValidation);
  return subsets;
}

data::Catalog Divide(const FoldSetting& setting, const data::Fold& fold) {
  data::Catalog catalog{.examples = Pick(setting.examples, fold.train)};
  catalog.subsets = InnerSubsets(setting, catalog.examples, fold.train);
  if (setting.oversample) catalog.repeats = data::OversamplingRepeats(catalog);
  return catalog;
}

/// One fold's events as part of the whole: metrics of folds have no names in the run.
class FoldReporter {
 public:
  FoldReporter(size_t number, size_t folds) : number_(number), folds_(folds) {}

  void operator()(job::StepEvent event) const {
    event.text = fmt::format("fold {}/{}  {}", number_ + 1, folds_, event.text);
    event.metrics.clear();
    event.step.reset();
    event.seconds_left.reset();  // of this fold alone
    if (event.fraction) {
      event.fraction =
          (static_cast<double>(number_) + *event.fraction) / static_cast<double>(folds_);
    }
    job::Emit(event);
  }

 private:
  size_t number_;
  size_t folds_;
};

std::vector<evaluate::Prediction> Answer(const FoldSetting& setting, const Trainer& trainer,
                                         const std::vector<data::Example>& held_back) {
  constexpr size_t kNoCache = 0;  // each is read once
  const ExampleSet set(setting.preparation, held_back, kNoCache);
  auto rows = Probabilities(setting.network, trainer.state().Final(), set,
                            {.threads = setting.job.train.loader_threads});
  if (!rows) {
    throw Error(Code::kInterrupted, "the cross-validation was stopped and can go on from there",
                {.hint = "run the same command again"});
  }
  std::vector<evaluate::Prediction> predictions;
  for (size_t i = 0; i < held_back.size(); ++i) {
    predictions.push_back({.id = held_back[i].id,
                           .truth = static_cast<int>(set.LabelOf(i)),
                           .probabilities = std::move((*rows)[i])});
  }
  return predictions;
}

FoldResult Train(const FoldSetting& setting, const TrainJob& job, size_t number,
                 const data::Fold& fold) {
  const data::Catalog catalog = Divide(setting, fold);
  const ExampleSet train(setting.preparation, catalog.ForTraining());
  const ExampleSet validation(setting.preparation, catalog.In(data::Subset::kValidation));
  const Sets sets{.train = train, .validation = validation};
  Trainer trainer(job, setting.network, sets, FoldReporter(number, setting.folds));
  trainer.Run();
  return {.train = catalog.In(data::Subset::kTrain).size(),
          .validation = validation.size(),
          .epochs = static_cast<int>(trainer.position().history.epochs().size()),
          .predictions = Answer(setting, trainer, Pick(setting.examples, fold.held_back))};
}

std::filesystem::path ResultFile(const TrainJob& job) {
  return job.scratch / "result.json";
}

/// Empty when there is none of this job.
std::optional<FoldResult> ReadResult(const TrainJob& job) {
  const std::filesystem::path file = ResultFile(job);
  if (!fs::exists(file)) return std::nullopt;
  try {
    const Json json = ReadJsonFile(file);
    if (Member(json, "identity", file.string()) != job.identity) return std::nullopt;
    return FoldResult::FromJson(json, file.string());
  } catch (const Error& error) {
    log::Warning("{}: the fold is trained again", error.message());
    return std::nullopt;
  }
}

void WriteResult(const TrainJob& job, const FoldResult& result) {
  Json json = result.ToJson();
  json["identity"] = job.identity;
  WriteJsonFile(ResultFile(job), json);
  fs::remove(Trainer::CheckpointPath(job));
}

}  // namespace

Json FoldResult::ToJson() const {
  Json rows = Json::array();
  for (const evaluate::Prediction& prediction : predictions) {
    rows.push_back({prediction.id, prediction.truth, prediction.probabilities});
  }
  return {{"train", train}, {"validation", validation}, {"epochs", epochs}, {"predictions", rows}};
}

FoldResult FoldResult::FromJson(const Json& json, std::string_view name) {
  try {
    FoldResult result{.train = json.at("train"),
                      .validation = json.at("validation"),
                      .epochs = json.at("epochs")};
    for (const Json& row : json.at("predictions")) {
      result.predictions.push_back(
          {.id = row.at(0), .truth = row.at(1), .probabilities = row.at(2)});
    }
    return result;
  } catch (const Json::exception& error) {
    throw Error(Code::kCorrupt, fmt::format("{} is no result of a fold: {}", name, error.what()));
  }
}

TrainJob FoldJob(const FoldSetting& setting, size_t number) {
  TrainJob job = setting.job;
  const std::string name = fmt::format("fold-{}", number + 1);
  job.scratch /= name;
  job.identity = Sha256Hex(fmt::format("{} {}", job.identity, name));
  return job;
}

FoldResult RunFold(const FoldSetting& setting, size_t number, const data::Fold& fold) {
  const TrainJob job = FoldJob(setting, number);
  if (std::optional<FoldResult> finished = ReadResult(job)) return *std::move(finished);
  fs::create_directories(job.scratch);
  FoldResult result;
  try {
    Guarded(job, [&] { result = Train(setting, job, number, fold); });
  } catch (const Error& error) {
    if (error.code() == Code::kInterrupted) throw;
    throw error.Wrap(fmt::format("fold {} of {}", number + 1, setting.folds));
  }
  WriteResult(job, result);
  return result;
}

}  // namespace keelrow::train
