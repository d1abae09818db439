#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "job/step_job.h"
#include "pipeline/plan.h"

namespace keelrow::pipeline {

/// What happens during a run, for the command line's progress and the store. Called from the
/// thread that runs.
struct RunObserver {
  std::function<void(const PlannedStep& step, size_t index, size_t count)> on_start;
  std::function<void(const PlannedStep& step, const job::StepEvent& event)> on_event;
  /// Another run makes the step's output, or reads it while this one must make it again.
  std::function<void(const PlannedStep& step)> on_wait;
  /// `ran` is false for a step that was cached, or that another process finished meanwhile.
  std::function<void(const PlannedStep& step, const ArtifactRecord& record, bool ran)> on_end;
};

struct RunOptions {
  std::string task = {};  // the project's, handed to the steps
  std::string run = {};   // id in the store, handed to the steps
  RunObserver observer = {};
  std::chrono::seconds patience = std::chrono::hours(24);  // with another run, then kTimeout
};

/// What was done.
struct RunResult {
  std::vector<std::string> ran;                     // steps in the order in which they ran
  std::map<std::string, ArtifactRecord> artifacts;  // every planned step's output
  std::vector<FileLock> in_use;                     // while they live, nobody changes the artifacts
};

/// Runs what the plan says, each step in a process of its own. Two runs at once do no harm: a
/// step's key is locked while it is made, and who comes second takes the result; outputs in use
/// are locked against change while the result lives. A killed run leaves finished steps in the
/// cache and resumable work where it was. Throws the step's own error, kStepFailed when it died
/// without one, kInterrupted on a requested stop.
RunResult Run(const Plan& plan, const Workspace& workspace, const RunOptions& options);

}  // namespace keelrow::pipeline
