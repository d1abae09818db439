#include "base/watched_file.h"

#include <chrono>

#include "base/files.h"

namespace keelrow {
namespace {

// The coarsest clock of a file system in use is FAT's.
constexpr int64_t kCoarsestClockNs = 2'000'000'000;

bool IsSettled(const FileStamp& stamp) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::nanoseconds(now).count() - stamp.changed_ns > kCoarsestClockNs;
}

}  // namespace

std::optional<std::string> WatchedFile::ReadIfChanged() {
  const FileStamp stamp = FileStamp::Of(path_);
  if (settled_ && stamp == stamp_) return std::nullopt;
  std::string text = ReadFile(path_, size_max_);
  stamp_ = stamp;
  settled_ = IsSettled(stamp);
  if (text == text_) return std::nullopt;
  text_ = text;
  return text;
}

}  // namespace keelrow
