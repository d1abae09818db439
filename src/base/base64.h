#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace keelrow {

/// RFC 4648. Decoding is strict, so one value has one spelling: padding exactly where it belongs,
/// no blanks or line breaks, no set bits that the last letter does not need.
enum class Base64 {
  kStandard,  // "+" and "/", padded
  kUrl,       // "-" and "_", not padded: JSON Web Tokens
};

std::string EncodeBase64(std::string_view bytes, Base64 alphabet = Base64::kStandard);
/// Empty when `text` is not Base64.
std::optional<std::string> DecodeBase64(std::string_view text, Base64 alphabet = Base64::kStandard);

/// Base64, or a data: URL that holds it (RFC 2397). Line breaks, as `base64 FILE` makes them, are
/// let through.
std::optional<std::string> DecodeFileText(std::string text);

}  // namespace keelrow
