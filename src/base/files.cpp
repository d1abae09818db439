#include "base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <optional>
#include <thread>
#include <vector>

#include "base/error.h"

namespace keelrow {
namespace {

constexpr size_t kCopyBytes = size_t{1} << 20;

void WriteAll(int fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw ErrnoError("write", path.string());
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

void Flush(const fs::path& path, int flags) {
  const Descriptor fd(::open(path.c_str(), flags | O_CLOEXEC));
  if (fd.get() < 0) throw ErrnoError("open", path.string());
  if (::fsync(fd.get()) != 0) throw ErrnoError("flush", path.string());
}

void FlushFolder(const fs::path& path) {
  Flush(path, O_RDONLY | O_DIRECTORY);
}

fs::path ParentOf(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// The file under its other name. That name is always the same, so that what a killed process left
/// is taken over by the next one; a lock keeps two living writers apart, of whom the second takes a
/// name of its own.
class Draft {
 public:
  explicit Draft(const fs::path& path) : path_(path), name_(path.string() + ".keelrow.tmp") {
    if (OpenShared()) return;
    static std::atomic<unsigned> counter{0};
    name_ = fmt::format("{}.{}.{}.keelrow.tmp", path.string(), ::getpid(), counter++);
    fd_.emplace(::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (fd() < 0) throw ErrnoError("write", path_.string());
  }
  ~Draft() {
    if (fd() >= 0 && !published_) ::unlink(name_.c_str());
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  int fd() const { return fd_->get(); }

  void Publish() {
    if (::rename(name_.c_str(), path_.c_str()) != 0) throw ErrnoError("replace", path_.string());
    published_ = true;
  }

 private:
  /// False when another writer has it: the lock is held, or the name was moved away meanwhile.
  bool OpenShared() {
    fd_.emplace(::open(name_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (fd() < 0) throw ErrnoError("write", path_.string());
    struct stat opened {};
    struct stat named {};
    return ::flock(fd(), LOCK_EX | LOCK_NB) == 0 && ::fstat(fd(), &opened) == 0 &&
           ::stat(name_.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
           ::ftruncate(fd(), 0) == 0;
  }

  const fs::path path_;
  std::string name_;
  std::optional<Descriptor> fd_;
  bool published_ = false;
};

/// What in the way to `path` is no folder; empty when all of it is or is not there yet.
fs::path FileInTheWay(const fs::path& path) {
  fs::path way;
  std::error_code ignored;
  for (const fs::path& part : path) {
    way /= part;
    const fs::file_status status = fs::status(way, ignored);
    if (fs::exists(status) && !fs::is_directory(status)) return way;
  }
  return {};
}

}  // namespace

std::string ReadFile(const fs::path& path, uint64_t size_max) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) throw ErrnoError("read", path.string());
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) throw ErrnoError("read", path.string());
  if (S_ISDIR(status.st_mode)) {
    throw Error(Code::kBadValue, fmt::format("{} is a folder, not a file", path.string()));
  }
  const Error too_large(Code::kLimit, fmt::format("{} is larger than the limit of {} bytes",
                                                  path.string(), size_max));
  // A sparse file claims any size; others, such as those of /proc, claim none.
  if (static_cast<uint64_t>(status.st_size) > size_max) throw too_large;
  std::string bytes;
  bytes.resize(static_cast<size_t>(status.st_size));
  size_t filled = 0;
  while (true) {
    if (filled == bytes.size()) bytes.resize(bytes.size() + 4096);
    if (filled > size_max) throw too_large;
    const ssize_t got = ::read(fd.get(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw ErrnoError("read", path.string());
    if (got == 0) break;
    filled += static_cast<size_t>(got);
  }
  bytes.resize(filled);
  return bytes;
}

void WriteFileDurably(const fs::path& path, std::string_view bytes) {
  WriteFileDurably(path, std::span(&bytes, 1));
}

void WriteFileDurably(const fs::path& path, std::span<const std::string_view> pieces) {
  Draft draft(path);
  for (const std::string_view piece : pieces) WriteAll(draft.fd(), piece, path);
  if (::fsync(draft.fd()) != 0) throw ErrnoError("flush", path.string());
  draft.Publish();
  FlushFolder(ParentOf(path));
}

void PublishFile(const fs::path& from, const fs::path& to) {
  Flush(from, O_RDONLY);
  if (::rename(from.c_str(), to.c_str()) != 0) throw ErrnoError("replace", to.string());
  FlushFolder(ParentOf(to));
}

void PublishFolder(const fs::path& from, const fs::path& to) {
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    if (entry.is_regular_file()) Flush(entry.path(), O_RDONLY);
    if (entry.is_directory()) FlushFolder(entry.path());
  }
  FlushFolder(from);
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST || errno == ENOTEMPTY) {
      throw Error(Code::kConflict, fmt::format("{} exists already", to.string()));
    }
    throw ErrnoError("rename a folder to", to.string());
  }
  FlushFolder(ParentOf(to));
}

void MakeFolders(const fs::path& path) {
  std::error_code failure;
  fs::create_directories(path, failure);
  if (failure == std::errc::not_a_directory) {
    throw Error(Code::kBadValue,
                fmt::format("{} is a file, not a folder", FileInTheWay(path).string()));
  }
  if (failure) {
    errno = failure.value();
    throw ErrnoError("make the folder", path.string());
  }
}

void CopyFile(const fs::path& from, const fs::path& to) {
  const Descriptor in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (in.get() < 0) throw ErrnoError("read", from.string());
  const Descriptor out(::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (out.get() < 0) throw ErrnoError("write", to.string());
  std::string piece(kCopyBytes, '\0');
  while (true) {
    const ssize_t got = ::read(in.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw ErrnoError("read", from.string());
    if (got == 0) return;
    WriteAll(out.get(), std::string_view(piece).substr(0, static_cast<size_t>(got)), to);
  }
}

void CopyFolder(const fs::path& from, const fs::path& to) {
  MakeFolders(to);
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const fs::path copy = to / fs::relative(entry.path(), from);
    if (entry.is_directory()) {
      MakeFolders(copy);
    } else {
      CopyFile(entry.path(), copy);
    }
  }
}

TemporaryFolder::TemporaryFolder(const fs::path& parent) {
  std::string name = (parent / "keelrow-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw ErrnoError("make a folder in", parent.string());
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::optional<FileLock> FileLock::TryAcquire(const fs::path& path, Mode mode) {
  Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (file.get() < 0) throw ErrnoError("lock", path.string());
  const int operation = mode == Mode::kShared ? LOCK_SH : LOCK_EX;
  int result = 0;
  while ((result = ::flock(file.get(), operation | LOCK_NB)) != 0 && errno == EINTR) {
  }
  if (result == 0) return FileLock(std::move(file));
  if (errno == EWOULDBLOCK) return std::nullopt;
  throw ErrnoError("lock", path.string());  // a filesystem without locks: waiting would not help
}

FileLock::FileLock(const fs::path& path, std::chrono::milliseconds deadline) : file_(-1) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (true) {
    if (auto lock = TryAcquire(path)) {
      *this = std::move(*lock);
      return;
    }
    if (std::chrono::steady_clock::now() >= end) {
      throw Error(Code::kTimeout, fmt::format("{} is held by another process", path.string()),
                  {.hint = "wait for the other run to end, or stop it"});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace keelrow
