#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace keelrow::data {

/// Bytes with random access: a file on disk, or memory in tests and fuzzing. Thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  virtual uint64_t Size() const = 0;
  /// Fills `out` from `offset`; kCorrupt when the source ends before that, kIo on failure.
  virtual Expected<bool> ReadAt(uint64_t offset, std::span<char> out) const = 0;
};

/// Throws kNotFound, kPermission, kIo.
std::unique_ptr<ByteSource> OpenFile(const std::filesystem::path& path);
/// The bytes must outlive the source.
std::unique_ptr<ByteSource> FromMemory(std::string_view bytes);

}  // namespace keelrow::data
