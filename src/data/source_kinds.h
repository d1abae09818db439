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

/// Files such as .DS_Store and ._x.png, and folders such as .ipynb_checkpoints, which tools leave
/// behind, hold no examples.
inline bool IsHidden(std::string_view path) {
  return path.starts_with('.') || path.find("/.") != std::string_view::npos;
}

}  // namespace keelrow::data
