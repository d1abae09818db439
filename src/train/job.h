#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "data/source.h"
#include "job/step_job.h"
#include "project/training.h"
#include "transforms/table.h"

namespace keelrow::train {

/// The step's job as the trainer reads it. Plain data.
struct TrainJob {
  project::ModelConfig model;
  project::TrainConfig train;
  std::vector<transforms::TransformEntry> prepare;
  std::vector<transforms::AugmentationEntry> augment;
  data::SourceOptions source;
  std::filesystem::path catalog;  // the split's list of examples with their subsets
  std::filesystem::path output;
  std::filesystem::path scratch;     // for the checkpoint
  std::filesystem::path pretrained;  // weights to start from; empty: none
  std::string pretrained_hash;       // of that file when the run was planned
  uint64_t seed = 0;
  /// Hash of everything that decides the result but for the number of threads: configuration,
  /// seed, examples, program. A checkpoint of another identity is not gone on with.
  std::string identity;
};

/// A key that the step declares, as its description reads it. Throws kMissingKey, kBadValue.
template <class T>
T ReadKey(const job::StepJob& step, const std::string& key) {
  const Json json = step.Config(key);
  if (json.is_null()) {
    throw Error(Code::kMissingKey, "the job of the step lacks its configuration `" + key + "`");
  }
  return config::ReadJson<T>(json, key);
}

/// Throws kMissingKey, kBadValue for a configuration that does not fit, kNotFound without a split.
TrainJob ReadTrainJob(const job::StepJob& step);

}  // namespace keelrow::train
