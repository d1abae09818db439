#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/workspace.h"

namespace keelrow::pipeline {

struct CleanOptions {
  bool all = false;      // what the newest run uses, and what is unfinished, too
  bool dry_run = false;  // only say what would go
};

struct CleanResult {
  std::vector<std::string> removed;     // "train-9f3c0a…", sorted
  std::vector<std::string> in_use;      // by another process: they stay
  std::vector<std::string> unfinished;  // a run can go on from them: they stay
  uint64_t bytes = 0;                   // freed
};

/// Removes finished outputs that the newest run of each step did not use, with the work, jobs and
/// logs beside them; a training that was interrupted stays, to be gone on with. Registered models
/// and the store are no part of it. Throws kPermission.
CleanResult Clean(const Workspace& workspace, const CleanOptions& options);

}  // namespace keelrow::pipeline
