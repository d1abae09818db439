#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <unordered_map>

namespace keelrow {

/// SHA-256 of files, remembered by size, inode, and times of change, as git's index does: a second
/// look at ten thousand unchanged files reads none of them. A file changed within the last two
/// seconds before it was hashed is not remembered, since a later change could keep its times.
/// Thread-safe. The memory is only a speed-up: a missing or damaged file of it is ignored.
class DigestCache {
 public:
  /// Loads what an earlier process saved at `store`; an empty path keeps it in memory only.
  explicit DigestCache(std::filesystem::path store = {});

  /// Hexadecimal SHA-256 of the file's content. Throws kNotFound, kPermission, kIo.
  std::string Digest(const std::filesystem::path& file);
  /// Writes the memory durably when it has changed.
  void Save();

 private:
  struct Entry {
    std::string digest;
    uint64_t size;
    uint64_t inode;
    int64_t mtime_ns;
    int64_t ctime_ns;
  };
  static Entry Look(const std::filesystem::path& file);
  void Load();

  std::filesystem::path store_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  bool changed_ = false;
};

}  // namespace keelrow
