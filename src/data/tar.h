#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/expected.h"
#include "data/byte_source.h"

namespace keelrow::data {

/// One regular file inside an archive; `size` bytes at `offset`.
struct TarEntry {
  std::string name;  // relative, '/' between parts, no "." or ".." in it
  uint64_t offset = 0;
  uint64_t size = 0;
};

struct TarLimits {
  size_t entries_max = 10'000'000;
  size_t name_bytes_max = 4096;
  size_t extension_bytes_max = 1 << 20;  // a pax or long-name header
};

/// The table of contents of a .tar from a stranger, so that examples are read in place and
/// nothing is ever unpacked. Reads ustar, GNU long names and pax (path and size).
///
/// Refused, with the entry named: links, devices, absolute names, `..`, a name that stands twice
/// (kBadExample); a wrong checksum, an entry beyond the end, no end mark (kCorrupt); compressed
/// or sparse archives (kUnsupported); more than the limits (kLimit).
Expected<std::vector<TarEntry>> ReadTarIndex(const ByteSource& source,
                                             const TarLimits& limits = {});

}  // namespace keelrow::data
