#include "base/digest_cache.h"

#include "base/hash.h"

namespace keelrow {

std::string DigestCache::Digest(const std::filesystem::path& file) {
  const std::string name = std::filesystem::absolute(file).lexically_normal().string();
  const FileStamp stamp = FileStamp::Of(file);
  std::optional<std::string> known = cache_.Find(name, stamp);
  const std::string digest = known ? *known : Sha256HexOfFile(file);
  const std::lock_guard lock(mutex_);
  cache_.Record(name, stamp, digest);
  return digest;
}

void DigestCache::Save() {
  const std::lock_guard lock(mutex_);
  cache_.Save();
}

}  // namespace keelrow
