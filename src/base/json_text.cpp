#include "base/json_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/json.h"

namespace keelrow {

namespace {

constexpr uint64_t kOnes = 0x0101010101010101;
constexpr uint64_t kHighs = 0x8080808080808080;

constexpr uint64_t Each(char c) {
  return kOnes * static_cast<unsigned char>(c);
}

/// Not 0 if one of the eight bytes is below `bound`, which is at most 0x80.
constexpr uint64_t AnyBelow(uint64_t bytes, uint64_t bound) {
  return (bytes - kOnes * bound) & ~bytes & kHighs;
}

/// Printable ASCII that needs no escape.
constexpr bool IsPlain(uint64_t bytes) {
  return ((bytes & kHighs) | AnyBelow(bytes, ' ') | AnyBelow(bytes ^ Each('"'), 1) |
          AnyBelow(bytes ^ Each('\\'), 1) | AnyBelow(bytes ^ Each('\x7f'), 1)) == 0;
}

/// Eight bytes at a time: lines of the log are some hundred at every request.
bool IsPlain(std::string_view text) {
  while (!text.empty()) {
    uint64_t bytes = Each(' ');
    const size_t size = std::min(text.size(), sizeof bytes);
    std::memcpy(&bytes, text.data(), size);
    if (!IsPlain(bytes)) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace

void AppendJsonText(std::string& out, std::string_view text) {
  if (IsPlain(text)) {
    out.append(1, '"').append(text).append(1, '"');
  } else {
    out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

}  // namespace keelrow
