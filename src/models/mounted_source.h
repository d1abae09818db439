#pragma once

#include <filesystem>
#include <mutex>

#include "models/source.h"

namespace keelrow::models {

/// Models that somebody names, one after another, by a name and the folder that it lies in; each
/// has one version. Thread-safe, so that the repository's thread may list what others mount.
class MountedModels {
 public:
  /// `root`: that every folder must lie in.
  explicit MountedModels(const std::filesystem::path& root);

  /// What will be loaded. Throws kConflict for a name that is taken, kNotFound for a folder without
  /// a model, kForbidden for one outside of the root, links followed.
  Origin Mount(const std::string& model, const std::filesystem::path& folder);
  /// False when there is none of that name.
  bool Unmount(const std::string& model);
  Offers List() const;
  /// What was given to Mount; empty if there is none of that name.
  std::string FolderOf(const std::string& model) const;

 private:
  struct Mounted {
    Origin origin;
    std::string folder;
  };
  std::filesystem::path root_;
  mutable std::mutex mutex_;
  std::map<std::string, Mounted> models_;
};

/// `mounted` as a source of a repository.
std::unique_ptr<Source> MountedSource(std::shared_ptr<const MountedModels> mounted);

}  // namespace keelrow::models
