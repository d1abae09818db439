#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evaluate/cross_validation.h"
#include "evaluate/evaluation.h"
#include "evaluate/label_errors.h"

namespace keelrow::report {

/// The page that answers "how good is this model, and how was it made" without Keelrow, a network
/// or JavaScript: one HTML file that can be mailed, printed or kept for years. The input is plain
/// values, so the page depends on nothing else; whatever is absent leaves its section out.

/// A row of a two-column list.
struct Fact {
  std::string name;
  std::string value;
};

struct SubsetCounts {
  std::string name;                 // train | validation | test
  std::vector<uint64_t> per_class;  // in the order of DatasetSummary::classes
};

struct QualityCheck {
  std::string name;          // missing_rate
  std::string value;         // 0.012
  std::string limit;         // <0.05; empty: for information
  bool passed = false;       // after cleaning, where there was any
  std::string cleaned = {};  // the value after it
};

struct Quarantined {
  std::string id;
  std::string reason;
};

struct DatasetSummary {
  std::vector<std::string> classes;
  std::vector<SubsetCounts> subsets;
  std::string set_hash;
  std::vector<QualityCheck> quality;
  std::vector<Quarantined> quarantined;
  std::vector<Fact> cleaning;  // what else was mended
};

/// Losses are mean cross-entropy in nats.
struct Epoch {
  int number = 0;
  double train_loss = 0;
  std::optional<double> validation_loss;
  std::optional<double> validation_accuracy;
  double learning_rate = 0;  // at the end of the epoch
};

struct GateCondition {
  std::string condition;  // test.accuracy >=0.97
  std::string value;      // 0.9873
  bool passed = false;
};

struct ModelFacts {
  std::string network;
  uint64_t parameters = 0;
  uint64_t bytes = 0;            // of the bundle
  double export_difference = 0;  // largest |trained - exported| of the outputs
};

struct Lineage {
  std::string data_hash;
  std::string config_hash;
  std::vector<Fact> step_keys;
  std::string bundle_sha256;
  std::string program_version;
  uint64_t seed = 0;
  int threads = 0;
  std::string cpu;
};

/// What `predict.calibrate` did. `before` is the test set by the network's own probabilities.
struct Calibration {
  double temperature = 1;
  evaluate::Evaluation before;
};

struct ReportInput {
  std::string project;
  std::string run_id;
  std::string time;  // as shown: 2026-11-23 22:53 UTC
  DatasetSummary data;
  std::vector<Epoch> history;
  std::optional<int> best_epoch;  // whose weights were kept
  evaluate::Evaluation test;
  std::optional<evaluate::Evaluation> validation;
  std::optional<Calibration> calibration;  // where the probabilities were calibrated
  std::optional<evaluate::CrossValidation> cross_validation;
  std::vector<evaluate::SuspectLabel> suspect_labels;  // by it
  std::map<std::string, std::string> pictures;         // PNG bytes by the id of an example
  std::vector<GateCondition> gate;
  ModelFacts model;
  Lineage lineage;
  std::vector<std::string> reproduce;  // commands, one a line
};

/// So many labels that are likely wrong are shown as pictures.
inline constexpr size_t kSuspectLabelsShown = 24;

/// The whole page, UTF-8. The same input gives the same bytes. Throws kBadValue when counts do not
/// fit the classes.
std::string RenderHtml(const ReportInput& input);

}  // namespace keelrow::report
