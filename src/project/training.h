#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/choices.h"
#include "transforms/mix.h"

/// What the trainer reads: the keys `model`, `train` and `cross_validation` of the project file.
namespace keelrow::project {

const std::vector<config::Choice>& NetworkChoices();    // from nets::Zoo()
const std::vector<config::Choice>& OptimizerChoices();  // implemented in train/optimizer.cpp
const std::vector<config::Choice>& ScheduleChoices();   // implemented in train/schedule.cpp
const std::vector<config::Choice>& ClassWeightChoices();
const std::vector<config::Choice>& PrecisionChoices();

struct ModelConfig {
  config::Name<NetworkChoices> network{"small_cnn"};
  std::optional<std::string> pretrained;
  std::optional<double> dropout;
  double width = 1.0;
};

struct OptimizerConfig {
  config::Name<OptimizerChoices> name{"adamw"};
  double lr = 1e-3;
  double weight_decay = 1e-2;
  std::optional<double> momentum;  // of `sgd` alone
};

struct ScheduleConfig {
  config::Name<ScheduleChoices> name{"cosine"};
  std::optional<double> warmup;    // the schedule's own unless given
  std::optional<int> step_epochs;  // these two of `step` alone
  std::optional<double> step_factor;
  std::optional<int> plateau_epochs;  // these two of `plateau` alone
  std::optional<double> plateau_factor;
};

struct TrainConfig {
  int epochs = 10;
  int batch_size = 64;
  OptimizerConfig optimizer;
  ScheduleConfig schedule;
  double layer_decay = 1.0;
  int freeze_epochs = 0;
  int accumulate = 1;
  double clip_norm = 0.0;
  double label_smoothing = 0.0;
  transforms::MixOptions mix;
  config::Name<PrecisionChoices> precision{"float32"};
  double ema = 0.0;
  int early_stop = 0;
  config::Name<ClassWeightChoices> class_weights{"none"};
  int checkpoint_every = 100;
  int threads = 0;
  int loader_threads = 1;
};

struct CrossValidationConfig {
  int folds = 0;
};

/// For data without validation examples: throws `code`, naming the first key that cannot do
/// without.
void CheckWithoutValidation(const TrainConfig& config, Code code);

void Describe(config::Object<ModelConfig>& object);
void Describe(config::Object<OptimizerConfig>& object);
void Describe(config::Object<ScheduleConfig>& object);
void Describe(config::Object<TrainConfig>& object);
void Describe(config::Object<CrossValidationConfig>& object);

}  // namespace keelrow::project
