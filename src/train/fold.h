#pragma once

#include <chrono>

#include "data/folds.h"
#include "evaluate/prediction.h"
#include "train/interpreter.h"
#include "train/setup.h"

namespace keelrow::train {

/// What the trainings of a cross-validation share; outlives them.
struct FoldSetting {
  const TrainJob& job;
  const Preparation& preparation;
  const Interpreter& network;
  const std::vector<data::Example>& examples;  // that the folds index
  const data::SplitConfig& split;
  double validation_share;  // of what a fold may learn from, for validation; as in the whole
  const std::vector<data::NearDuplicate>& alike;  // pairs of `examples`
  size_t folds;
  bool oversample;  // the smaller classes, in what each fold learns from
};

/// What came of one fold.
struct FoldResult {
  size_t train = 0;       // examples that were learned from
  size_t validation = 0;  // and those that an epoch was chosen by
  int epochs = 0;
  std::vector<evaluate::Prediction> predictions;  // of the held-back ones, in their order

  Json ToJson() const;
  static FoldResult FromJson(const Json& json, std::string_view name);  // kCorrupt
};

/// The job of fold `number` (from 0): a scratch folder and an identity of its own.
TrainJob FoldJob(const FoldSetting& setting, size_t number);

/// Trains and answers the fold; or gives what an earlier process had finished of the same job.
FoldResult RunFold(const FoldSetting& setting, size_t number, const data::Fold& fold);

}  // namespace keelrow::train
