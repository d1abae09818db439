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

/// Files such as .DS_Store and ._x.png, which tools leave behind, are not examples.
inline bool IsHidden(std::string_view name) {
  return name.starts_with('.');
}

}  // namespace keelrow::data
