#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace keelrow::deploy {

struct File {
  std::string path;  // relative to the folder
  std::string text;
};

/// Writes generated files into `folder` (made where it is missing) with their SHA256SUMS, by which
/// the next call knows what is its own: a file that is not as it was written then (somebody
/// changed it, or another program made it) is refused with kConflict before anything is written,
/// unless `overwrite`. A file that is as it shall be already is never refused.
void PublishFiles(const std::filesystem::path& folder, const std::vector<File>& files,
                  bool overwrite);

}  // namespace keelrow::deploy
