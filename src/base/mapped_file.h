#pragma once

#include <filesystem>
#include <string_view>

namespace keelrow {

/// A file's bytes without reading them first: pages come as they are looked at. The file must not
/// shrink meanwhile.
class MappedFile {
 public:
  /// Throws kNotFound, kPermission or kIo.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return bytes_; }

 private:
  std::string_view bytes_;
};

}  // namespace keelrow
