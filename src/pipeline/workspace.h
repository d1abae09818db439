#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/digest_cache.h"

namespace keelrow::pipeline {

/// The folder `.keelrow/` beside the project file: everything that Keelrow keeps.
///   cache/STEP-KEY/   finished outputs, with STEP-KEY.json naming every file and its hash
///   work/STEP-KEY/    outputs in the making; jobs/, logs/ and locks/ hold what goes with them
///   scratch/STEP-KEY/ what an unfinished step that can be resumed goes on from
///   last/STEP.json    what the step's key was made of in the newest run
///   store.db, models/ runs, metrics and the registry
///   compiled/         networks as the engine has compiled them, for a quicker start
class Workspace {
 public:
  /// `project_file` is the path of keelrow.yaml. Makes the folders.
  explicit Workspace(const std::filesystem::path& project_file);

  const std::filesystem::path& project_folder() const { return project_folder_; }
  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path Cache(const std::string& id) const { return root_ / "cache" / id; }
  std::filesystem::path CacheRecord(const std::string& id) const {
    return root_ / "cache" / (id + ".json");
  }
  std::filesystem::path Work(const std::string& id) const { return root_ / "work" / id; }
  std::filesystem::path Scratch(const std::string& id) const { return root_ / "scratch" / id; }
  std::filesystem::path Job(const std::string& id) const { return root_ / "jobs" / (id + ".json"); }
  std::filesystem::path Log(const std::string& id) const { return root_ / "logs" / (id + ".log"); }
  std::filesystem::path LockFile(const std::string& id) const {
    return root_ / "locks" / (id + ".lock");
  }
  std::filesystem::path LastParts(const std::string& step) const {
    return root_ / "last" / (step + ".json");
  }
  std::filesystem::path StoreFile() const { return root_ / "store.db"; }
  /// Where a registered bundle lies; the registry names it relative to the project.
  std::filesystem::path BundleFolder(const std::string& registered) const {
    return project_folder_ / registered;
  }
  std::filesystem::path ProjectLock() const { return project_folder_ / "keelrow.lock"; }

  DigestCache& digests() const { return *digests_; }

 private:
  std::filesystem::path project_folder_;
  std::filesystem::path root_;
  std::shared_ptr<DigestCache> digests_;
};

}  // namespace keelrow::pipeline
