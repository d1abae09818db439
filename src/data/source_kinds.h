#pragma once

#include <string>

#include "data/source.h"

namespace keelrow::data {

/// The rows of the table in sources.cpp; each kind is one file.
extern const SourceKind kFolderSource;
extern const SourceKind kTarSource;
extern const SourceKind kManifestSource;

/// No example may be larger: it is read into memory whole.
inline constexpr uint64_t kExampleBytesMax = uint64_t{1} << 30;

/// Follows a link no further than the source's own folder: what a data set holds must not depend
/// on, or give away, files elsewhere. Throws kBadExample for a link that leads out of `root`.
void RequireInside(const std::filesystem::path& root, const std::filesystem::path& file);

/// Files such as .DS_Store and ._x.png, and folders such as .ipynb_checkpoints, which tools leave
/// behind, hold no examples.
inline bool IsHidden(std::string_view path) {
  return path.starts_with('.') || path.find("/.") != std::string_view::npos;
}

}  // namespace keelrow::data
