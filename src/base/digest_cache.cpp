#include "base/digest_cache.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>
#include <sstream>

#include "base/error.h"
#include "base/files.h"
#include "base/hash.h"

namespace keelrow {
namespace {

constexpr int64_t kSettledNs = 2'000'000'000;
constexpr std::string_view kHeader = "keelrow digests 1";

int64_t Nanoseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

int64_t NowNs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
}

}  // namespace

DigestCache::DigestCache(std::filesystem::path store) : store_(std::move(store)) {
  if (!store_.empty() && std::filesystem::exists(store_)) Load();
}

DigestCache::Entry DigestCache::Look(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) throw ErrnoError("read", file.string());
  return {.size = static_cast<uint64_t>(status.st_size),
          .inode = status.st_ino,
          .mtime_ns = Nanoseconds(status.st_mtim),
          .ctime_ns = Nanoseconds(status.st_ctim)};
}

std::string DigestCache::Digest(const std::filesystem::path& file) {
  const std::string name = std::filesystem::absolute(file).lexically_normal().string();
  Entry seen = Look(file);
  {
    const std::lock_guard lock(mutex_);
    const auto known = entries_.find(name);
    if (known != entries_.end() && known->second.size == seen.size &&
        known->second.inode == seen.inode && known->second.mtime_ns == seen.mtime_ns &&
        known->second.ctime_ns == seen.ctime_ns) {
      return known->second.digest;
    }
  }
  const int64_t started_ns = NowNs();
  seen.digest = Sha256HexOfFile(file);
  const std::lock_guard lock(mutex_);
  if (started_ns - std::max(seen.ctime_ns, seen.mtime_ns) > kSettledNs) {
    entries_[name] = seen;
    changed_ = true;
  }
  return seen.digest;
}

void DigestCache::Load() {
  std::istringstream lines(ReadFile(store_));
  std::string line;
  if (!std::getline(lines, line) || line != kHeader) return;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    Entry entry;
    std::string name;
    fields >> entry.digest >> entry.size >> entry.inode >> entry.mtime_ns >> entry.ctime_ns;
    if (fields.get() == ' ' && std::getline(fields, name)) entries_[name] = entry;
  }
}

void DigestCache::Save() {
  const std::lock_guard lock(mutex_);
  if (!changed_ || store_.empty()) return;
  std::string text = std::string(kHeader) + "\n";
  for (const auto& [name, entry] : entries_) {
    if (name.find('\n') != std::string::npos) continue;
    text += fmt::format("{} {} {} {} {} {}\n", entry.digest, entry.size, entry.inode,
                        entry.mtime_ns, entry.ctime_ns, name);
  }
  WriteFileDurably(store_, text);
  changed_ = false;
}

}  // namespace keelrow
