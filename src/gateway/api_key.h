#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace keelrow::gateway {

/// API keys for machines: `krl_<id>_<random>`, where the id (16 hexadecimal digits) may be shown
/// and the random part (256 bits in Base64url) is what lets in.
///
/// Stored is the SHA-256 of the random part. A slow hash with a salt is for what people choose: it
/// makes guessing dear where there is little to guess. Of 256 random bits no guess ever hits, and a
/// slow hash would only let strangers spend our processors.
struct ApiKey {
  std::string id;
  std::string secret;  // 32 bytes

  static ApiKey New();
  /// As its bearer sends it.
  std::string Text() const;
  /// 64 hexadecimal digits, as they are stored.
  std::string Digest() const;
};

/// Whether the text claims to be one: it begins with `krl_`, as no token does.
bool LooksLikeApiKey(std::string_view text);
/// Empty unless it is one to the letter.
std::optional<ApiKey> ParseApiKey(std::string_view text);

}  // namespace keelrow::gateway
