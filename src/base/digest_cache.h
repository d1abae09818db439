#pragma once

#include <filesystem>
#include <mutex>
#include <string>

#include "base/stat_cache.h"

namespace keelrow {

/// SHA-256 of files, by way of a StatCache: a second look at unchanged files reads none of them.
/// Thread-safe.
class DigestCache {
 public:
  /// Loads what an earlier process saved at `store`.
  explicit DigestCache(const std::filesystem::path& store) : cache_(store) {}

  /// Hexadecimal SHA-256 of the file's content. Throws kNotFound, kPermission, kIo.
  std::string Digest(const std::filesystem::path& file);
  void Save();

 private:
  std::mutex mutex_;
  StatCache cache_;
};

}  // namespace keelrow
