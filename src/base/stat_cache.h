#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>

namespace keelrow {

/// What the file system says about a file without reading it. A write changes at least one of
/// these; the change time cannot be set back by a program.
struct FileStamp {
  uint64_t size = 0;
  uint64_t inode = 0;
  int64_t modified_ns = 0;
  int64_t changed_ns = 0;

  /// Throws kNotFound, kPermission, kIo; a link is followed.
  static FileStamp Of(const std::filesystem::path& path);
  bool operator==(const FileStamp&) const = default;
};

/// Content hashes of files that have not changed since they were read, so that a second scan
/// reads none of them. One file of ours for each source; losing or damaging it only costs time.
///
/// A file changed less than two seconds before it is recorded is not trusted: the clock of a file
/// system may be that coarse, and a second write could leave the stamp as it is.
/// Find is thread-safe; Record and Save are for one thread.
class StatCache {
 public:
  /// An empty path gives a cache that forgets.
  explicit StatCache(std::filesystem::path file);

  std::optional<std::string> Find(const std::string& key, const FileStamp& stamp) const;
  void Record(const std::string& key, const FileStamp& stamp, const std::string& hash);
  /// Writes what was recorded and forgets the rest. A full disk is not an error here.
  void Save() const;

 private:
  struct Entry {
    FileStamp stamp;
    std::string hash;
    bool operator==(const Entry&) const = default;
  };
  void Load();

  std::filesystem::path file_;
  std::unordered_map<std::string, Entry> known_;     // from earlier scans
  std::unordered_map<std::string, Entry> recorded_;  // by this one
};

}  // namespace keelrow
