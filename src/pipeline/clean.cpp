#include "pipeline/clean.h"

#include <fmt/format.h>

#include <array>
#include <set>

#include "base/files.h"
#include "pipeline/artifact.h"

namespace keelrow::pipeline {
namespace {

using Names = std::set<std::string>;

/// What lies in a folder, without that ending.
void AddNames(const fs::path& folder, const std::string& ending, Names& names) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    names.insert(name.ends_with(ending) ? name.substr(0, name.size() - ending.size()) : name);
  }
}

Names Everything(const Workspace& workspace) {
  Names ids;
  AddNames(workspace.Cache("").parent_path(), ".json", ids);
  AddNames(workspace.Work("").parent_path(), "", ids);
  AddNames(workspace.Scratch("").parent_path(), "", ids);
  AddNames(workspace.Job("").parent_path(), ".json", ids);
  AddNames(workspace.Log("").parent_path(), ".log", ids);
  return ids;
}

Names OfNewestRun(const Workspace& workspace) {
  Names steps;
  AddNames(workspace.LastParts("").parent_path(), ".json", steps);
  Names ids;
  for (const std::string& step : steps) {
    const auto parts = ArtifactCache(workspace).LastParts(step);
    if (parts) ids.insert(ArtifactId(step, parts->Key(step)));
  }
  return ids;
}

bool CanGoOn(const Workspace& workspace, const std::string& id) {
  std::error_code none;
  return fs::exists(workspace.Scratch(id), none) && !fs::is_empty(workspace.Scratch(id), none);
}

uint64_t SizeOf(const fs::path& path) {
  if (fs::is_regular_file(path)) return fs::file_size(path);
  uint64_t bytes = 0;
  if (!fs::is_directory(path)) return bytes;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

uint64_t Remove(const Workspace& workspace, const std::string& id, bool dry_run) {
  uint64_t bytes = 0;
  // The record first: without it the folder does not count.
  for (const fs::path& path :
       std::array{workspace.CacheRecord(id), workspace.Cache(id), workspace.Work(id),
                  workspace.Scratch(id), workspace.Job(id), workspace.Log(id)}) {
    bytes += SizeOf(path);
    if (!dry_run) fs::remove_all(path);
  }
  return bytes;
}

}  // namespace

CleanResult Clean(const Workspace& workspace, const CleanOptions& options) {
  const Names kept = options.all ? Names() : OfNewestRun(workspace);
  CleanResult result;
  for (const std::string& id : Everything(workspace)) {
    if (kept.contains(id)) continue;
    if (!options.all && CanGoOn(workspace, id)) {
      result.unfinished.push_back(id);
      continue;
    }
    const auto lock = FileLock::TryAcquire(workspace.LockFile(id));
    if (!lock) {
      result.in_use.push_back(id);
      continue;
    }
    try {
      result.bytes += Remove(workspace, id, options.dry_run);
    } catch (const fs::filesystem_error& failure) {
      throw Error(Code::kPermission, fmt::format("cannot remove {}: {}", id, failure.what()));
    }
    result.removed.push_back(id);
  }
  return result;
}

}  // namespace keelrow::pipeline
