#include "pipeline/runner.h"

#include <fmt/format.h>

#include <csignal>
#include <cstring>

#include "base/files.h"
#include "base/process.h"
#include "base/stop.h"

namespace keelrow::pipeline {
namespace {

using Clock = std::chrono::steady_clock;

/// Waits for whoever makes the same artifact; their result is then found in the cache.
FileLock LockArtifact(const Workspace& workspace, const std::string& id) {
  while (true) {
    ThrowIfStopped();
    if (auto lock = FileLock::TryAcquire(workspace.LockFile(id))) return std::move(*lock);
    WaitForStop(std::chrono::milliseconds(100));
  }
}

class StepRun {
 public:
  StepRun(const PlannedStep& step, const Workspace& workspace, const RunOptions& options,
          const RunResult& so_far)
      : step_(step),
        workspace_(workspace),
        options_(options),
        so_far_(so_far),
        id_(ArtifactId(step.kind->name, step.key)) {}

  ArtifactRecord Execute() {
    const auto started = Clock::now();
    PrepareFolder();
    WriteJob();
    RunProcess();
    ArtifactRecord record{.step = step_.kind->name, .key = step_.key, .parts = step_.parts};
    for (const std::string& input : step_.kind->after) {
      record.consumed[input] = so_far_.artifacts.at(input).ContentHash();
    }
    record.seconds = std::chrono::duration<double>(Clock::now() - started).count();
    return ArtifactCache(workspace_).Publish(std::move(record));
  }

 private:
  void PrepareFolder() {
    const fs::path work = workspace_.Work(id_);
    if (!step_.kind->resumable) fs::remove_all(work);
    MakeFolders(work);
    fs::remove(workspace_.Log(id_));
  }

  void WriteJob() {
    project::StepJob job{.step = step_.kind->name,
                         .config = step_.parts.config,
                         .project_folder = workspace_.project_folder(),
                         .outside = step_.parts.outside,
                         .output = workspace_.Work(id_),
                         .run = options_.run};
    for (const std::string& input : step_.kind->after) {
      job.inputs[input] = workspace_.Cache(ArtifactId(input, step_.parts.inputs.at(input)));
    }
    WriteJsonFile(workspace_.Job(id_), job.ToJson());
  }

  void RunProcess() {
    const Command command{.arguments = {SiblingProgram(step_.kind->program).string(), "step",
                                        step_.kind->name, workspace_.Job(id_).string()},
                          .log = workspace_.Log(id_),
                          .environment = step_.kind->environment};
    std::optional<Error> failure;
    Process process(command);
    const ExitStatus status = process.Wait([&](const std::string& line) {
      if (auto event = project::StepEvent::FromLine(line)) {
        if (options_.observer.on_event) options_.observer.on_event(step_, *event);
      } else if (auto error = project::FailureFromLine(line)) {
        failure = error;
      }
    });
    ThrowIfStopped();
    if (failure) throw *failure;
    if (!status.ok()) throw Died(status);
  }

  Error Died(const ExitStatus& status) const {
    const std::string how =
        status.signal != 0
            ? fmt::format("was killed by signal {} ({})", status.signal, ::strsignal(status.signal))
            : fmt::format("ended with exit code {}", status.code);
    const std::string hint = status.signal == SIGKILL
                                 ? "perhaps memory ran out; the same command goes on from there"
                                 : fmt::format("see {}", workspace_.Log(id_).string());
    return Error(Code::kStepFailed, fmt::format("step `{}` {}", step_.kind->name, how),
                 {.hint = hint});
  }

  const PlannedStep& step_;
  const Workspace& workspace_;
  const RunOptions& options_;
  const RunResult& so_far_;
  const std::string id_;
};

/// Whether a finished artifact still fits what its inputs are now.
bool IsFresh(const ArtifactRecord& record, const RunResult& so_far) {
  for (const auto& [input, content] : record.consumed) {
    if (so_far.artifacts.at(input).ContentHash() != content) return false;
  }
  return true;
}

/// The artifact and whether it was made just now.
std::pair<ArtifactRecord, bool> Obtain(const PlannedStep& step, const Workspace& workspace,
                                       const RunOptions& options, const RunResult& so_far,
                                       bool forced) {
  const FileLock lock = LockArtifact(workspace, ArtifactId(step.kind->name, step.key));
  const ArtifactCache cache(workspace);
  const ArtifactCache::State state = cache.Look(step.kind->name, step.key);
  const auto* record = std::get_if<ArtifactRecord>(&state);
  if (record != nullptr && !forced && IsFresh(*record, so_far)) return {*record, false};
  return {StepRun(step, workspace, options, so_far).Execute(), true};
}

}  // namespace

RunResult Run(const Plan& plan, const Workspace& workspace, const RunOptions& options) {
  RunResult result;
  const RunObserver& observer = options.observer;
  size_t index = 0;
  for (const PlannedStep& step : plan.steps) {
    ThrowIfStopped();
    if (observer.on_start) observer.on_start(step, index, plan.steps.size());
    const bool forced = step.action == Action::kRun && step.reasons[0] == kAskedFor;
    auto [record, ran] = Obtain(step, workspace, options, result, forced);
    if (ran) result.ran.push_back(step.kind->name);
    ArtifactCache(workspace).Remember(record);  // cached too: a kill may have come in between
    if (observer.on_end) observer.on_end(step, record, ran);
    result.artifacts[step.kind->name] = std::move(record);
    ++index;
  }
  workspace.digests().Save();
  return result;
}

}  // namespace keelrow::pipeline
