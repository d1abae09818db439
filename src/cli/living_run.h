#pragma once

#include <filesystem>
#include <string>

#include "base/files.h"
#include "pipeline/workspace.h"
#include "track/store.h"

namespace keelrow::cli {

/// A run that is killed cannot say so in the store. While it lives it holds a lock of its name, so
/// that whoever looks at the store can tell.
class LivingRun {
 public:
  LivingRun(const pipeline::Workspace& workspace, const std::string& run);
  ~LivingRun();
  LivingRun(const LivingRun&) = delete;

 private:
  std::filesystem::path file_;
  FileLock lock_;
};

/// Notes in the store that runs were killed which nobody holds any more.
void EndKilledRuns(const pipeline::Workspace& workspace, track::Store& store);

}  // namespace keelrow::cli
