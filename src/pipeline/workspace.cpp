#include "pipeline/workspace.h"

#include "base/files.h"

namespace keelrow::pipeline {

Workspace::Workspace(const fs::path& project_file)
    : project_folder_(fs::absolute(project_file).lexically_normal().parent_path()),
      root_(project_folder_ / ".keelrow") {
  for (const char* folder :
       {"cache", "work", "scratch", "jobs", "logs", "locks", "last", "models"}) {
    MakeFolders(root_ / folder);
  }
  digests_ = std::make_shared<DigestCache>(root_ / "digests");
}

}  // namespace keelrow::pipeline
