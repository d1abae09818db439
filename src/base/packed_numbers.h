#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "base/json.h"

namespace keelrow {

/// A list of many numbers as one value of a Json: a tree of 150,000 numbers costs as much to make
/// and to free as its text to read. Lives as long as the value.
class PackedNumbers {
 public:
  /// Nothing for any other value. JSON itself has none of this kind, so nobody can send one.
  static std::optional<PackedNumbers> Of(const Json& value);

  size_t size() const { return bytes_.size() / sizeof(double); }
  double operator[](size_t index) const {
    double number = 0;
    std::memcpy(&number, bytes_.data() + index * sizeof number, sizeof number);
    return number;
  }

 private:
  explicit PackedNumbers(std::span<const uint8_t> bytes) : bytes_(bytes) {}
  std::span<const uint8_t> bytes_;
};

/// ParseJson for bodies with tensors in them: a list of at least `packed_from` (> 0) numbers, and
/// of nothing else, is packed where each of them is a double to the last digit. Others stay lists.
Expected<Json> ParseJsonPacked(std::string_view text, std::string_view name, size_t packed_from);

}  // namespace keelrow
