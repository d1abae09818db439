#include "models/compiled_cache.h"

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "base/log.h"

namespace keelrow::models {
namespace {

namespace fs = std::filesystem;

/// A hundred networks of 20 MB, or as many batch sizes of fewer.
constexpr uintmax_t kBytesMax = uintmax_t{2} << 30;

struct Blob {
  fs::file_time_type written;
  uintmax_t bytes;
  fs::path path;
};

void CutBack(const fs::path& folder) {
  std::vector<Blob> blobs;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    blobs.push_back({entry.last_write_time(), entry.file_size(), entry.path()});
  }
  std::ranges::sort(blobs, std::greater(), &Blob::written);
  uintmax_t bytes = 0;
  for (const Blob& blob : blobs) {
    bytes += blob.bytes;
    if (bytes > kBytesMax) fs::remove(blob.path);
  }
}

}  // namespace

fs::path OpenCompiledCache(const fs::path& folder) {
  try {
    fs::create_directories(folder);
    if (::access(folder.c_str(), W_OK) != 0) return {};
    CutBack(folder);
    return folder;
  } catch (const fs::filesystem_error& failure) {
    log::Warning("compiled networks are not kept: {}", failure.what());
    return {};
  }
}

}  // namespace keelrow::models
