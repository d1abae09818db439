#include <fmt/format.h>

#include <algorithm>

#include "base/files.h"
#include "base/hash.h"
#include "data/source.h"
#include "data/source_kinds.h"

namespace keelrow::data {

const std::vector<SourceKind>& SourceKinds() {
  static const std::vector<SourceKind> kinds = {kFolderSource, kTarSource, kManifestSource};
  return kinds;
}

void RequireInside(const fs::path& root, const fs::path& file) {
  std::error_code failure;
  const fs::path target = fs::canonical(file, failure);
  const fs::path folder = fs::canonical(root, failure);
  const auto [end, ignored] = std::ranges::mismatch(folder, target);
  if (!failure && end == folder.end()) return;
  throw Error(Code::kBadExample,
              fmt::format("{} is a link that leads out of the source", file.string()),
              {.hint = "copy what it points at into the source"});
}

Expected<std::string> Source::Read(const Example& example) const {
  Expected<std::string> bytes = ReadBytes(example);
  if (!bytes || Sha256Hex(*bytes) == example.content_hash) return bytes;
  return Error(Code::kConflict, fmt::format("{} has changed since it was listed", Locate(example)),
               {.hint = "`keelrow run` lists the data again"});
}

std::unique_ptr<Source> OpenSource(const SourceOptions& options) {
  std::error_code failure;
  if (!std::filesystem::exists(options.path, failure)) {
    throw Error(Code::kNotFound, fmt::format("there is no data at {}", options.path.string()),
                {.hint = "`data.source` names it, relative to the project file"});
  }
  std::string known;
  for (const SourceKind& kind : SourceKinds()) {
    if (kind.matches(options.path)) return kind.open(options);
    known += fmt::format("{}{}: {}", known.empty() ? "" : "; ", kind.name, kind.help);
  }
  throw Error(Code::kUnsupported,
              fmt::format("{} is not a source of examples", options.path.string()),
              {.hint = known});
}

}  // namespace keelrow::data
