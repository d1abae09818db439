#include "base/base64.h"

#include <array>
#include <cstdint>

namespace keelrow {
namespace {

constexpr std::string_view kStandardLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr uint8_t kNone = 0xff;

using Values = std::array<uint8_t, 256>;

constexpr Values ValuesOf(std::string_view letters) {
  Values values{};
  for (uint8_t& value : values) value = kNone;
  for (size_t i = 0; i < letters.size(); ++i) {
    values[static_cast<unsigned char>(letters[i])] = static_cast<uint8_t>(i);
  }
  return values;
}

constexpr Values kStandardValues = ValuesOf(kStandardLetters);
constexpr Values kUrlValues = ValuesOf(kUrlLetters);

/// The text without its padding; empty optional when the padding is wrong.
std::optional<std::string_view> WithoutPadding(std::string_view text, Base64 alphabet) {
  if (alphabet == Base64::kStandard) {
    if (text.size() % 4 != 0) return std::nullopt;
    if (text.ends_with("=="))
      text.remove_suffix(2);
    else if (text.ends_with('='))
      text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return std::nullopt;
  return text;
}

}  // namespace

std::string EncodeBase64(std::string_view bytes, Base64 alphabet) {
  const std::string_view letters = alphabet == Base64::kStandard ? kStandardLetters : kUrlLetters;
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k <= count; ++k) text += letters[group >> (18 - 6 * k) & 63];
    if (alphabet == Base64::kStandard) text.append(3 - count, '=');
  }
  return text;
}

std::optional<std::string> DecodeBase64(std::string_view text, Base64 alphabet) {
  const Values& values = alphabet == Base64::kStandard ? kStandardValues : kUrlValues;
  const auto letters = WithoutPadding(text, alphabet);
  if (!letters) return std::nullopt;
  std::string bytes(letters->size() * 3 / 4, '\0');
  uint32_t group = 0;
  int bits = 0;
  size_t filled = 0;
  for (const unsigned char letter : *letters) {
    const uint8_t value = values[letter];
    if (value == kNone) return std::nullopt;
    group = group << 6 | value;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[filled++] = static_cast<char>(group >> bits & 0xff);
  }
  if ((group & ((1u << bits) - 1)) != 0) return std::nullopt;
  return bytes;
}

std::optional<std::string> DecodeFileText(std::string text) {
  if (text.starts_with("data:")) {
    const size_t comma = text.find(";base64,");
    if (comma == std::string::npos) return std::nullopt;
    text.erase(0, comma + 8);
  }
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  return DecodeBase64(text);
}

}  // namespace keelrow
