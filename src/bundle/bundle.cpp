#include "bundle/bundle.h"

#include <fmt/format.h>

#include <set>

#include "base/files.h"
#include "base/hash.h"
#include "bundle/checksums.h"
#include "bundle/mlmodel.h"

namespace keelrow::bundle {
namespace {

constexpr const char* kSumsFile = "SHA256SUMS";
constexpr const char* kManifestFile = "bundle.json";
constexpr const char* kMlModelFile = "MLmodel";

Error Damaged(const fs::path& folder, const std::string& what) {
  return Error(Code::kCorrupt, fmt::format("the bundle {} is damaged: {}", folder.string(), what),
               {.hint = "copy it again, or export it again with `keelrow run`"});
}

/// Paths of the regular files below `folder`; throws kCorrupt for links and special files.
std::set<std::string> FilesBelow(const fs::path& folder) {
  std::set<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path = fs::relative(entry.path(), folder).string();
    if (entry.is_symlink() || (!entry.is_regular_file() && !entry.is_directory())) {
      throw Damaged(folder, fmt::format("{} is not a plain file", path));
    }
    if (entry.is_regular_file()) files.insert(path);
  }
  return files;
}

void CheckContents(const fs::path& folder, const Checksums& sums) {
  const std::set<std::string> files = FilesBelow(folder);
  for (const std::string& file : files) {
    if (file != kSumsFile && !sums.contains(file)) {
      throw Damaged(folder, fmt::format("{} is not listed in {}", file, kSumsFile));
    }
  }
  for (const auto& [file, digest] : sums) {
    if (!files.contains(file)) throw Damaged(folder, fmt::format("{} is missing", file));
    if (Sha256HexOfFile(folder / file) != digest) {
      throw Damaged(folder, fmt::format("the checksum of {} differs", file));
    }
  }
}

}  // namespace

Bundle Bundle::Open(const fs::path& folder) {
  const fs::path sums_path = folder / kSumsFile;
  if (!fs::exists(sums_path)) {
    throw Error(Code::kNotFound,
                fmt::format("{} is not a bundle: it has no {}", folder.string(), kSumsFile));
  }
  const std::string sums_text = ReadFile(sums_path, 4 << 20);
  Bundle bundle;
  bundle.folder_ = folder;
  bundle.sums_ = ParseChecksums(sums_text, sums_path.string()).Value();
  bundle.hash_ = Sha256Hex(sums_text);
  CheckContents(folder, bundle.sums_);
  const std::string name = (folder / kManifestFile).string();
  bundle.manifest_ = Manifest::FromJson(ParseJson(bundle.Read(kManifestFile), name).Value(), name);
  bundle.metrics_ = ParseJson(bundle.Read(kMetricsFile), (folder / kMetricsFile).string()).Value();
  return bundle;
}

const std::string& Bundle::Digest(const std::string& file) const {
  const auto listed = sums_.find(file);
  if (listed != sums_.end()) return listed->second;
  throw Error(Code::kNotFound, fmt::format("the bundle {} has no {}", folder_.string(), file));
}

std::string Bundle::Read(const std::string& file) const {
  const std::string& digest = Digest(file);
  std::string bytes = ReadFile(folder_ / file);
  if (Sha256Hex(bytes) != digest) {
    throw Damaged(folder_, fmt::format("the checksum of {} differs", file));
  }
  return bytes;
}

std::string Seal(const fs::path& folder, const Manifest& manifest, const Json& metrics) {
  WriteJsonFile(folder / kManifestFile, manifest.ToJson());
  WriteJsonFile(folder / kMetricsFile, metrics);
  WriteFileDurably(folder / kMlModelFile, MlModelText(manifest));
  Checksums sums;
  for (const std::string& file : FilesBelow(folder)) {
    if (file != kSumsFile) sums[file] = Sha256HexOfFile(folder / file);
  }
  const std::string text = FormatChecksums(sums);
  WriteFileDurably(folder / kSumsFile, text);
  return Sha256Hex(text);
}

}  // namespace keelrow::bundle
