#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace keelrow::nets {

/// Reads the members of a zip archive in memory (by libzip), as far as they lie in it uncompressed:
/// so no member can be larger than the archive. For one thread.
class ZipArchive {
 public:
  /// `bytes` outlives the archive; `source` names it in messages. kCorrupt for what is no archive.
  static Expected<ZipArchive> Open(std::string_view bytes, std::string_view source);

  /// The only member whose name ends like that; empty when there is none, or more than one.
  std::string FindSuffix(std::string_view suffix) const;

  /// The member's bytes; nothing when it is absent, compressed, or its checksum does not fit.
  std::optional<std::string> Read(const std::string& name) const;

 private:
  struct Close {
    void operator()(void* archive) const;
  };
  explicit ZipArchive(void* archive) : archive_(archive) {}
  std::unique_ptr<void, Close> archive_;  // a zip_t
};

}  // namespace keelrow::nets
