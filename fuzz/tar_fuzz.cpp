// The entries of an archive lie inside it, one behind the other, under distinct relative names that
// cannot leave their folder. Each input is read twice: as it is, and with its checksums put right.
#include <fmt/format.h>

#include <set>

#include "base/text.h"
#include "data/tar.h"
#include "require.h"

namespace keelrow::fuzz {
namespace {

constexpr size_t kBlock = 512;
constexpr size_t kChecksumAt = 148;
constexpr size_t kChecksumSize = 8;
constexpr data::TarLimits kLimits{
    .entries_max = 8, .name_bytes_max = 256, .extension_bytes_max = 1024};

bool IsInside(const std::string& name) {
  for (const std::string& part : SplitText(name, '/')) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

void Check(std::string_view bytes) {
  const auto source = data::FromMemory(bytes);
  const auto index = data::ReadTarIndex(*source, kLimits);
  if (!index) return;
  Require(index->size() <= kLimits.entries_max, "no more entries than the limit");
  std::set<std::string> names;
  uint64_t end = 0;
  for (const data::TarEntry& entry : *index) {
    Require(entry.offset >= end + kBlock, "an entry begins behind the one before and its header");
    Require(entry.offset <= bytes.size() && entry.size <= bytes.size() - entry.offset,
            "an entry lies inside the archive");
    Require(IsInside(entry.name), "a name stays in its folder");
    Require(names.insert(entry.name).second, "a name stands there once");
    end = entry.offset + entry.size;
  }
}

/// Every block that is not empty gets the checksum it would need as a header.
std::string WithChecksums(std::string_view bytes) {
  std::string right(bytes);
  for (size_t at = 0; at + kBlock <= right.size(); at += kBlock) {
    if (right.find_first_not_of('\0', at) >= at + kBlock) continue;
    right.replace(at + kChecksumAt, kChecksumSize, kChecksumSize, ' ');
    unsigned sum = 0;
    for (size_t i = 0; i < kBlock; ++i) sum += static_cast<unsigned char>(right[at + i]);
    right.replace(at + kChecksumAt, 7, fmt::format("{:06o}", sum) + '\0');
  }
  return right;
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = keelrow::fuzz::Text(data, size);
  keelrow::fuzz::Check(bytes);
  keelrow::fuzz::Check(keelrow::fuzz::WithChecksums(bytes));
  return 0;
}
