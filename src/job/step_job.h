#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/json.h"

/// The contract between the pipeline and the program that runs a step. A step is a command with
/// declared files in and out: `keelrow step NAME job.json`, `keelrow-trainer train job.json`.
/// Everything that it may depend on stands in the job, so that it can run on another machine.
namespace keelrow::job {

struct StepJob {
  std::string step;
  std::string task = {};  // whose step it is: the same name may do something else in another task
  Json config;  // only the keys that the step declares, as {"train.epochs": …} nests: a tree
  std::filesystem::path project_folder;                 // base of relative paths in the config
  std::map<std::string, std::filesystem::path> inputs;  // by producing step: its output folder
  std::string outside = {};      // hash of the content outside the pipeline that was planned with
  std::filesystem::path output;  // an empty folder to fill
  std::filesystem::path scratch = {};  // of a resumable step: survives until the output is kept
  std::string run = {};  // id in the store, for what is recorded there; never part of a key
  std::filesystem::path store = {};  // store.db, for a step that declares `registry`; else empty

  Json ToJson() const;
  static StepJob FromJson(const Json& json, const std::string& name);
  static StepJob Load(const std::filesystem::path& path);

  /// The sub-tree at a dotted path of `config`; null when absent.
  Json Config(const std::string& path) const;
  /// The file `name` of the step `step` among the inputs; throws kNotFound.
  std::filesystem::path Input(const std::string& step, const std::string& name) const;
  /// The store, for a step that declares `registry`; kInternal for another.
  std::filesystem::path StoreFile() const;
};

/// What a running step reports, one JSON line each on standard output.
struct StepEvent {
  std::optional<double> fraction;         // done, 0 … 1
  std::optional<double> seconds_left;     // the step's own estimate
  std::string text;                       // for the progress line: "epoch 3/10  loss 0.081"
  std::optional<int64_t> step;            // metrics: at which training step
  std::map<std::string, double> metrics;  // "train.loss", "validation.accuracy", …

  std::string ToLine() const;
  /// Empty when the line is not an event (then it is the step's plain output).
  static std::optional<StepEvent> FromLine(const std::string& line);
};

/// Writes the event to standard output at once.
void Emit(const StepEvent& event);

/// An Error on its way from the step's process to the pipeline, code and hint included.
void EmitFailure(const Error& error);
std::optional<Error> FailureFromLine(const std::string& line);

}  // namespace keelrow::job
