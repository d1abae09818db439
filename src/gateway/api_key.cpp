#include "gateway/api_key.h"

#include <algorithm>

#include "base/base64.h"
#include "base/hash.h"

namespace keelrow::gateway {
namespace {

constexpr std::string_view kPrefix = "krl_";
constexpr size_t kIdBytes = 8;
constexpr size_t kIdLetters = 2 * kIdBytes;
constexpr size_t kSecretBytes = 32;
constexpr size_t kSecretLetters = 43;  // of 32 bytes in Base64url
constexpr size_t kTextLetters = kPrefix.size() + kIdLetters + 1 + kSecretLetters;

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

}  // namespace

ApiKey ApiKey::New() {
  return {.id = ToHex(SecureRandomBytes(kIdBytes)), .secret = SecureRandomBytes(kSecretBytes)};
}

std::string ApiKey::Text() const {
  return std::string(kPrefix) + id + "_" + EncodeBase64(secret, Base64::kUrl);
}

std::string ApiKey::Digest() const {
  return Sha256Hex(secret);
}

bool LooksLikeApiKey(std::string_view text) {
  return text.starts_with(kPrefix);
}

std::optional<ApiKey> ParseApiKey(std::string_view text) {
  if (!LooksLikeApiKey(text) || text.size() != kTextLetters) return std::nullopt;
  const std::string_view id = text.substr(kPrefix.size(), kIdLetters);
  if (!std::ranges::all_of(id, IsHexDigit)) return std::nullopt;
  const std::string_view rest = text.substr(kPrefix.size() + kIdLetters);
  auto secret = DecodeBase64(rest.substr(1), Base64::kUrl);
  if (rest.front() != '_' || !secret || secret->size() != kSecretBytes) return std::nullopt;
  return ApiKey{.id = std::string(id), .secret = std::move(*secret)};
}

}  // namespace keelrow::gateway
