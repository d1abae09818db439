#include "signals/line_files.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"

namespace keelrow::signals {
namespace {

namespace fs = std::filesystem;

constexpr off_t kPiece = 64 << 10;
constexpr int kTriesMax = 8;

/// The last folder is for its owner alone if it was not there; one that somebody made stays as it
/// is. Throws where it cannot be.
void MakePrivateFolder(const fs::path& given) {
  const fs::path folder = given.has_filename() ? given : given.parent_path();  // "log/"
  if (folder.has_parent_path()) MakeFolders(folder.parent_path());
  if (::mkdir(folder.c_str(), 0700) != 0) MakeFolders(folder);  // which says what is in the way
}

}  // namespace

void CutOffHalfLine(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return;
  std::string piece;
  for (off_t end = status.st_size; end > 0;) {
    const off_t begin = std::max<off_t>(end - kPiece, 0);
    piece.resize(static_cast<size_t>(end - begin));
    if (::pread(file.get(), piece.data(), piece.size(), begin) != end - begin) return;
    const size_t last = piece.rfind('\n');
    if (last != std::string::npos) {
      end = begin + static_cast<off_t>(last) + 1;
      if (end < status.st_size && ::ftruncate(file.get(), end) != 0) return;
      return;
    }
    end = begin;
  }
  if (status.st_size > 0 && ::ftruncate(file.get(), 0) != 0) return;
}

struct LineFiles::State {
  LineFilesOptions options;
  Descriptor file{-1};
  std::optional<FileLock> lock;  // says that the file is being written
  uint64_t bytes = 0;
  // Processes of several containers may have one number, and a process several writers.
  const std::string writer = ToHex(SecureRandomBytes(4));
  int number = 0;

  /// Oldest first: names begin with their time.
  std::vector<fs::path> Files(std::initializer_list<const char*> endings) const {
    std::vector<fs::path> files;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(options.folder, ignored)) {
      const std::string name = entry.path().filename().string();
      const bool ends =
          std::ranges::any_of(endings, [&](const char* ending) { return name.ends_with(ending); });
      const bool ours = name.starts_with(options.prefix + "-") && ends;
      if (ours && !entry.is_symlink(ignored)) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
  }

  void Repair() const {
    for (const fs::path& path : Files({kLinesEnding})) {
      if (FileLock::TryAcquire(path)) CutOffHalfLine(path);  // nobody writes it
    }
  }

  /// Makes room for one more. What somebody writes or converts stays, though there are then more
  /// than `files`. What becomes Parquet is there in two forms for a moment, and counts as one.
  void RemoveOldest() const {
    std::set<fs::path> names;
    for (fs::path path : Files({kLinesEnding, kParquetEnding})) {
      names.insert(path.replace_extension());
    }
    size_t left = names.size();
    const size_t most = std::max<size_t>(options.files, 1);
    for (const fs::path& name : names) {
      if (left < most) return;
      if (TryRemove(name)) --left;
    }
  }

  static bool TryRemove(const fs::path& name) {
    const fs::path lines = name.string() + kLinesEnding;
    std::optional<FileLock> held;
    if (fs::exists(lines) && !(held = FileLock::TryAcquire(lines))) return false;
    std::error_code ignored;
    fs::remove(name.string() + kParquetEnding, ignored);
    fs::remove(lines, ignored);
    return true;
  }

  /// Another writer that looks for old files may lock the new one first, and remove it.
  bool TryOpenNext() {
    const std::time_t now = std::time(nullptr);
    const fs::path path =
        options.folder / fmt::format("{}-{:%Y%m%dT%H%M%S}-{}-{:06}{}", options.prefix,
                                     fmt::gmtime(now), writer, number++, kLinesEnding);
    file =
        Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
    if (file.get() < 0) throw ErrnoError("create", path.string());
    lock = FileLock::TryAcquire(path);
    struct stat opened {};
    struct stat named {};
    return lock && ::fstat(file.get(), &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
           opened.st_ino == named.st_ino;
  }

  void Next() {
    const bool closed = file.get() >= 0;
    file = Descriptor(-1);
    lock.reset();
    if (closed && options.on_closed) options.on_closed();
    MakePrivateFolder(options.folder);
    RemoveOldest();
    bytes = 0;
    for (int tried = 0; tried < kTriesMax; ++tried) {
      if (TryOpenNext()) return;
    }
    file = Descriptor(-1);
    throw Error(Code::kConflict, fmt::format("{} is in use", options.folder.string()));
  }

  /// In one call, so that a killed process leaves whole lines.
  void Write(std::string_view line) {
    const ssize_t written = ::write(file.get(), line.data(), line.size());
    if (written == static_cast<ssize_t>(line.size())) {
      bytes += line.size();
      return;
    }
    const int reason = written < 0 ? errno : ENOSPC;
    if (written > 0 && ::ftruncate(file.get(), static_cast<off_t>(bytes)) != 0) {
      file = Descriptor(-1);  // half a line stays in this file; the next start cuts it off
    }
    errno = reason;
    throw ErrnoError("write to", options.folder.string());
  }
};

LineFiles::LineFiles(LineFilesOptions options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  state_->Repair();
}

LineFiles::~LineFiles() = default;

void LineFiles::Append(std::string_view line) {
  State& state = *state_;
  const std::string whole = std::string(line) + "\n";
  const bool full = state.bytes > 0 && state.bytes + whole.size() > state.options.file_bytes;
  if (state.file.get() < 0 || full) state.Next();
  state.Write(whole);
}

}  // namespace keelrow::signals
