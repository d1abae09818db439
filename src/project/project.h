#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/choices.h"
#include "data/quality.h"
#include "data/split.h"
#include "project/alerts.h"
#include "project/predicting.h"
#include "project/rollout.h"
#include "project/serving.h"
#include "project/training.h"
#include "transforms/table.h"

namespace keelrow::project {

const std::vector<config::Choice>& TaskChoices();
const std::vector<config::Choice>& OnViolationChoices();

/// `data`: what is learned from.
struct DataConfig {
  std::string source;
  std::string path_column = "path";
  std::string label_column = "label";
  data::SplitConfig split;
  data::CleaningConfig cleaning;
  data::QualityConfig quality;
  config::Name<OnViolationChoices> on_violation{"stop"};
};

/// `gate`: what a model must reach before it is promoted.
struct GateConfig {
  std::map<std::string, Threshold> metrics;  // "test.accuracy" → ">=0.97"
  std::string not_worse_than;                // "@champion", or empty
  double tolerance = 0.0;
  std::string alias = "champion";
};

/// keelrow.yaml. Every key has its type, default, range and line of documentation in one place:
/// the Describe function of its struct. Unknown keys are errors.
struct Project {
  int version = 1;
  std::string name;
  config::Name<TaskChoices> task{"image-classification"};
  uint64_t seed = 7;
  DataConfig data;
  std::vector<transforms::TransformEntry> prepare;
  std::vector<transforms::AugmentationEntry> augment;
  ModelConfig model;
  TrainConfig train;
  CrossValidationConfig cross_validation;
  PredictConfig predict;
  GateConfig gate;
  ServeConfig serve;
  AlertsConfig alerts;
  RolloutConfig rollout;
  GatewayConfig gateway;
  std::map<std::string, config::Node> envs;
};

void Describe(config::Object<DataConfig>& object);
void Describe(config::Object<GateConfig>& object);
void Describe(config::Object<Project>& object);

/// What the command line lays over the file.
struct LoadOptions {
  std::vector<std::string> set;  // "train.epochs=3", applied last
  std::string env;               // a key of `envs`, merged over the root
};

/// The project with the tree that it was read from.
struct LoadedProject {
  Project project;
  std::filesystem::path file;
  Json canonical;  // every key with its value: what steps are given and keys are made of
};

/// Throws kNotFound when there is no such project file.
void RequireFile(const std::filesystem::path& file);
/// Throws kNotFound, kSyntax, kUnknownKey, kBadValue, kMissingKey, each with file, line, column.
LoadedProject Load(const std::filesystem::path& file, const LoadOptions& options = {});
/// The same from text; `name` stands for the file in messages.
LoadedProject Parse(std::string_view text, const std::string& name,
                    const LoadOptions& options = {});

}  // namespace keelrow::project
