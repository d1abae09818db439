#include "deploy/publish.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"
#include "base/text.h"
#include "bundle/checksums.h"

namespace keelrow::deploy {
namespace {

constexpr const char* kSums = "SHA256SUMS";
constexpr uint64_t kSumsBytesMax = 1 << 20;
constexpr const char* kWayOut = "move it away, choose another --out, or replace it with --force";

/// What the last call wrote.
bundle::Checksums WrittenBefore(const fs::path& folder, bool overwrite) {
  if (!fs::exists(folder / kSums)) return {};
  auto sums = bundle::ParseChecksums(ReadFile(folder / kSums, kSumsBytesMax), kSums);
  if (sums) return *sums;
  if (overwrite) return {};
  throw Error(Code::kConflict, fmt::format("{} is not this command's", (folder / kSums).string()),
              {.hint = kWayOut});
}

bool MayReplace(const fs::path& path, const File& file, const bundle::Checksums& written) {
  if (!fs::exists(fs::symlink_status(path))) return true;
  if (!fs::is_regular_file(fs::symlink_status(path))) return false;
  const std::string present = Sha256HexOfFile(path);
  const auto before = written.find(file.path);
  return present == Sha256Hex(file.text) || (before != written.end() && before->second == present);
}

}  // namespace

void PublishFiles(const fs::path& folder, const std::vector<File>& files, bool overwrite) {
  bundle::Checksums sums = WrittenBefore(folder, overwrite);
  std::vector<std::string> foreign;
  for (const File& file : files) {
    if (!overwrite && !MayReplace(folder / file.path, file, sums)) foreign.push_back(file.path);
  }
  if (!foreign.empty()) {
    throw Error(Code::kConflict,
                fmt::format("not as this command wrote it, in {}: {}", folder.string(),
                            ListSome(foreign, 5)),
                {.hint = kWayOut});
  }
  for (const File& file : files) {
    MakeFolders((folder / file.path).parent_path());
    WriteFileDurably(folder / file.path, file.text);
    sums[file.path] = Sha256Hex(file.text);
  }
  WriteFileDurably(folder / kSums, bundle::FormatChecksums(sums));
}

}  // namespace keelrow::deploy
