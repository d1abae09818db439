#include "base/stat_cache.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"

namespace keelrow {
namespace {

constexpr std::string_view kHeading = "keelrow stat cache 1";
constexpr int64_t kCoarsestClockNs = 2'000'000'000;  // FAT's, the coarsest in use

int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

int64_t Now() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return Nanoseconds(now);
}

}  // namespace

FileStamp FileStamp::Of(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw ErrnoError("read", path.string());
  return {.size = static_cast<uint64_t>(status.st_size),
          .inode = status.st_ino,
          .modified_ns = Nanoseconds(status.st_mtim),
          .changed_ns = Nanoseconds(status.st_ctim)};
}

StatCache::StatCache(fs::path file) : file_(std::move(file)) {
  if (file_.empty() || !fs::exists(file_)) return;
  try {
    Load();
  } catch (const Error& error) {
    log::Debug("the stat cache is made anew: {}", error.message());
    known_.clear();
  }
}

void StatCache::Load() {
  std::istringstream lines(ReadFile(file_));
  std::string heading;
  if (!std::getline(lines, heading) || heading != kHeading) {
    throw Error(Code::kUnsupported, "it is of another version");
  }
  Entry entry;
  while (lines >> entry.hash >> entry.stamp.size >> entry.stamp.inode >> entry.stamp.modified_ns >>
         entry.stamp.changed_ns) {
    std::string key;
    lines.ignore(1);
    if (!std::getline(lines, key) || entry.hash.size() != 64) {
      throw Error(Code::kCorrupt, "it is damaged");
    }
    known_[key] = entry;
  }
}

std::optional<std::string> StatCache::Find(const std::string& key, const FileStamp& stamp) const {
  const auto found = known_.find(key);
  if (found == known_.end() || found->second.stamp != stamp) return std::nullopt;
  return found->second.hash;
}

void StatCache::Record(const std::string& key, const FileStamp& stamp, const std::string& hash) {
  if (file_.empty() || key.find('\n') != std::string::npos) return;
  if (stamp.changed_ns + kCoarsestClockNs > Now()) return;
  recorded_[key] = {.stamp = stamp, .hash = hash};
}

void StatCache::Save() const {
  if (file_.empty() || recorded_ == known_) return;
  std::string text = fmt::format("{}\n", kHeading);
  for (const auto& [key, entry] : recorded_) {
    text += fmt::format("{} {} {} {} {} {}\n", entry.hash, entry.stamp.size, entry.stamp.inode,
                        entry.stamp.modified_ns, entry.stamp.changed_ns, key);
  }
  try {
    MakeFolders(file_.parent_path());
    WriteFileDurably(file_, text);
  } catch (const Error& error) {
    log::Debug("the stat cache was not saved: {}", error.message());
  }
}

}  // namespace keelrow
