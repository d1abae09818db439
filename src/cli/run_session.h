#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "data/source.h"
#include "pipeline/runner.h"

namespace keelrow::cli {

/// What `keelrow run` says at its end.
struct RunSummary {
  std::string run;  // id in the store; empty when nothing ran
  std::vector<std::string> ran;
  size_t cached = 0;
  double seconds = 0;
  std::map<std::string, double> metrics;
  std::string report;     // path of the HTML page, when there is one
  std::string promotion;  // "digits version 3 is @champion"

  Json ToJson() const;
  std::string Render() const;
};

/// A project, its workspace and its pipeline, for `plan` and `run`.
class RunSession {
 public:
  explicit RunSession(const Globals& globals);

  pipeline::Plan Plan(const pipeline::PlanOptions& options) const;
  /// Plans, checks the lock when asked to, runs, records the run in the store, writes the lock.
  RunSummary Run(const pipeline::PlanOptions& options);
  /// The folder of a step's finished output; throws kNotFound before it has run.
  std::filesystem::path Output(const std::string& step, const pipeline::PlanOptions& options) const;
  /// The project's data.
  std::unique_ptr<data::Source> OpenSource() const;

 private:
  class Recorder;
  pipeline::RunResult Execute(const pipeline::Plan& plan, RunSummary& summary);
  void Collect(const pipeline::RunResult& result, RunSummary& summary) const;

  const Globals& globals_;
  project::LoadedProject loaded_;
  pipeline::Workspace workspace_;
  std::vector<pipeline::StepKind> table_;
};

}  // namespace keelrow::cli
