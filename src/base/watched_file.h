#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/stat_cache.h"

namespace keelrow {

/// A file that is read again when it has changed. One thread at a time.
class WatchedFile {
 public:
  WatchedFile(std::filesystem::path path, uint64_t size_max)
      : path_(std::move(path)), size_max_(size_max) {}

  /// The text when it differs from what was returned last; empty when it does not. Throws
  /// kNotFound, kPermission, kIo, kLimit, and again on the next call while that lasts.
  std::optional<std::string> ReadIfChanged();

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  uint64_t size_max_;
  std::optional<FileStamp> stamp_;
  bool settled_ = false;  // the file was old enough when read: another write changes its stamp
  std::optional<std::string> text_;
};

}  // namespace keelrow
