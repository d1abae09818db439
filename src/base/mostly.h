#pragma once

#include <bit>
#include <cstdint>

namespace keelrow {

/// Whether something has mostly been so, by its last 16 times. Nothing is so before it was seen; a
/// few exceptions say little.
class Mostly {
 public:
  void Note(bool so) { others_ = static_cast<uint16_t>(others_ << 1 | (so ? 0 : 1)); }
  bool So() const { return std::popcount(others_) <= kExceptionsMax; }

 private:
  static constexpr int kExceptionsMax = 4;

  uint16_t others_ = 0xFFFF;  // a bit for each of the last times: whether it was not so
};

}  // namespace keelrow
