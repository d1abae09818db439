#include "cli/living_run.h"

#include "base/log.h"

namespace keelrow::cli {
namespace {

// Somebody who looks whether we live holds it for a moment.
constexpr std::chrono::seconds kPatience{5};

fs::path LockOf(const pipeline::Workspace& workspace, const std::string& run) {
  return workspace.LockFile("run-" + run);
}

/// What cannot be noted, say on a full disk, can be noted the next time.
void EndIfKilled(const pipeline::Workspace& workspace, track::Store& store,
                 const std::string& run) {
  try {
    const fs::path file = LockOf(workspace, run);
    const auto lock = FileLock::TryAcquire(file);
    if (!lock) return;
    // It may have ended between the look at the store and the lock.
    if (store.GetRun(run).status == "running") store.FinishRun(run, "killed");
    fs::remove(file);
  } catch (const std::exception& failure) {
    log::Warning("cannot tell whether run {} lives: {}", run, failure.what());
  }
}

}  // namespace

LivingRun::LivingRun(const pipeline::Workspace& workspace, const std::string& run)
    : file_(LockOf(workspace, run)), lock_(file_, kPatience) {}

LivingRun::~LivingRun() {
  std::error_code ignored;
  fs::remove(file_, ignored);
}

void EndKilledRuns(const pipeline::Workspace& workspace, track::Store& store) {
  for (const std::string& run : store.RunningRuns()) EndIfKilled(workspace, store, run);
}

}  // namespace keelrow::cli
