#include "pipeline/runner.h"

#include <fmt/format.h>

#include <csignal>
#include <cstring>
#include <utility>

#include "base/files.h"
#include "base/process.h"
#include "base/stop.h"

namespace keelrow::pipeline {
namespace {

using Clock = std::chrono::steady_clock;

class StepRun {
 public:
  StepRun(const PlannedStep& step, const Workspace& workspace, const RunOptions& options,
          const RunResult& so_far)
      : step_(step),
        workspace_(workspace),
        options_(options),
        so_far_(so_far),
        id_(ArtifactId(step.kind->name, step.key)) {}

  void Execute() {
    const auto started = Clock::now();
    PrepareFolder();
    WriteJob();
    RunProcess();
    ArtifactRecord record{.step = step_.kind->name, .key = step_.key, .parts = step_.parts};
    for (const std::string& input : step_.kind->after) {
      record.consumed[input] = so_far_.artifacts.at(input).ContentHash();
    }
    record.seconds = std::chrono::duration<double>(Clock::now() - started).count();
    ArtifactCache(workspace_).Publish(std::move(record));
    fs::remove_all(workspace_.Scratch(id_));  // last: a full disk before this costs no training
  }

 private:
  void PrepareFolder() {
    fs::remove_all(workspace_.Work(id_));
    MakeFolders(workspace_.Work(id_));
    if (step_.kind->resumable) MakeFolders(workspace_.Scratch(id_));
    fs::remove(workspace_.Log(id_));
  }

  void WriteJob() {
    job::StepJob job{.step = step_.kind->name,
                     .task = options_.task,
                     .config = step_.parts.config,
                     .project_folder = workspace_.project_folder(),
                     .outside = step_.parts.outside,
                     .output = workspace_.Work(id_),
                     .run = options_.run};
    for (const std::string& input : step_.kind->after) {
      job.inputs[input] = workspace_.Cache(ArtifactId(input, step_.parts.inputs.at(input)));
    }
    if (step_.kind->resumable) job.scratch = workspace_.Scratch(id_);
    if (step_.kind->registry) job.store = workspace_.StoreFile();
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
      if (auto event = job::StepEvent::FromLine(line)) {
        if (options_.observer.on_event) options_.observer.on_event(step_, *event);
      } else if (auto error = job::FailureFromLine(line)) {
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

/// A finished output that nobody may change while this lives.
struct Held {
  ArtifactRecord record;
  bool ran;
  FileLock lock;
};

/// Takes a step's output from the cache or makes it. Locks are taken in the order of the steps,
/// which is the same for every run, so runs that wait for each other cannot come to a circle. (That
/// holds while a run has one key for each step; with several, take them in the order of their ids.)
class Obtaining {
 public:
  Obtaining(const PlannedStep& step, const Workspace& workspace, const RunOptions& options,
            const RunResult& so_far)
      : step_(step), workspace_(workspace), options_(options), so_far_(so_far) {}

  Held Obtain() {
    bool must_run = step_.action == Action::kRun && step_.reasons[0] == kAskedFor;
    bool ran = false;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      {
        FileLock reading = Lock(FileLock::Mode::kShared);
        std::optional<ArtifactRecord> record = must_run ? std::nullopt : Usable();
        if (record) return {std::move(*record), ran, std::move(reading)};
      }
      const FileLock making = Lock(FileLock::Mode::kExclusive);
      if (must_run || !Usable()) {
        StepRun(step_, workspace_, options_, so_far_).Execute();
        ran = true;
      }
      must_run = false;  // between the two locks another run may ask for it anew; then we take that
    }
    throw Error(Code::kConflict, fmt::format("the output of step `{}` is changed as soon as it is "
                                             "made",
                                             step_.kind->name));
  }

 private:
  static constexpr int kAttempts = 5;

  /// The finished output, when it is whole and fits what its inputs are now.
  std::optional<ArtifactRecord> Usable() const {
    const auto state = ArtifactCache(workspace_).Look(step_.kind->name, step_.key);
    const auto* record = std::get_if<ArtifactRecord>(&state);
    if (record == nullptr || !IsFresh(*record, so_far_)) return std::nullopt;
    return *record;
  }

  FileLock Lock(FileLock::Mode mode) const {
    const fs::path file = workspace_.LockFile(ArtifactId(step_.kind->name, step_.key));
    const auto deadline = Clock::now() + options_.patience;
    bool told = false;
    while (true) {
      ThrowIfStopped();
      if (auto lock = FileLock::TryAcquire(file, mode)) return std::move(*lock);
      if (!std::exchange(told, true) && options_.observer.on_wait) options_.observer.on_wait(step_);
      if (Clock::now() > deadline) {
        throw Error(Code::kTimeout,
                    fmt::format("another run still holds the step `{}`", step_.kind->name),
                    {.hint = "wait for it to end, or stop it"});
      }
      WaitForStop(std::chrono::milliseconds(100));
    }
  }

  const PlannedStep& step_;
  const Workspace& workspace_;
  const RunOptions& options_;
  const RunResult& so_far_;
};

}  // namespace

RunResult Run(const Plan& plan, const Workspace& workspace, const RunOptions& options) {
  RunResult result;
  const RunObserver& observer = options.observer;
  size_t index = 0;
  for (const PlannedStep& step : plan.steps) {
    ThrowIfStopped();
    if (observer.on_start) observer.on_start(step, index, plan.steps.size());
    auto [record, ran, lock] = Obtaining(step, workspace, options, result).Obtain();
    result.in_use.push_back(std::move(lock));
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
