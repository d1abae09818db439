#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/descriptor.h"

namespace keelrow {

namespace fs = std::filesystem;

/// Files that must survive kill -9. The rule: write under another name, fsync, rename over the
/// old one, fsync the folder. A reader sees the whole old file or the whole new one.

/// The whole file. Throws kNotFound, kPermission, kIo, or kLimit above `size_max` bytes.
std::string ReadFile(const fs::path& path, uint64_t size_max = uint64_t{1} << 31);

/// Replaces `path` durably. Throws kDiskFull, kPermission, kIo; the old file stays on failure.
void WriteFileDurably(const fs::path& path, std::string_view bytes);
/// The same for a file in pieces, so that a large one need not be joined in memory first.
void WriteFileDurably(const fs::path& path, std::span<const std::string_view> pieces);

/// Flushes a finished file and renames it to `to`, in the same file system, over an older one.
void PublishFile(const fs::path& from, const fs::path& to);

/// Flushes a finished folder (every file in it, then itself) and renames it to `to`, which must
/// not exist. Throws kConflict if it does.
void PublishFolder(const fs::path& from, const fs::path& to);

/// Makes the folder and its parents; turns the failure into ours.
void MakeFolders(const fs::path& path);

/// Copy without flushing. Instead of std::filesystem's, which calls a full disk an I/O error.
void CopyFile(const fs::path& from, const fs::path& to);
void CopyFolder(const fs::path& from, const fs::path& to);

/// A folder of its own under `parent`, removed with everything in it at the end of the scope.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const fs::path& parent = fs::temp_directory_path());
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// A lock between processes (flock on a small file). The kernel frees it when the holder dies, so
/// a killed run leaves nothing behind.
class FileLock {
 public:
  /// One holder; or any number, while there is no exclusive one.
  enum class Mode { kExclusive, kShared };

  /// Exclusive. Waits until `deadline` passes; throws kTimeout then.
  FileLock(const fs::path& path, std::chrono::milliseconds deadline);
  /// Empty when somebody else's lock forbids it.
  static std::optional<FileLock> TryAcquire(const fs::path& path, Mode mode = Mode::kExclusive);

 private:
  explicit FileLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace keelrow
