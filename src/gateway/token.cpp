#include "gateway/token.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/base64.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"

namespace keelrow::gateway {
namespace {

using Time = std::chrono::system_clock::time_point;

constexpr size_t kTokenBytesMax = 4096;  // ours have about 250
constexpr size_t kSecretBytesMin = 32;
constexpr JsonLimits kJsonLimits{.depth_max = 8, .size_max = kTokenBytesMax};
// 1 January 9999: a later date would overflow the clock's nanoseconds.
constexpr double kSecondsMax = 9.2e9;

Error Refused(std::string_view why) {
  return Error(Code::kUnauthenticated, fmt::format("the token {}", why),
               {.hint = "`keelrow token` makes one"});
}

int64_t Seconds(Time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

Expected<Json> ParsePiece(std::string_view piece) {
  const auto text = DecodeBase64(piece, Base64::kUrl);
  if (!text) return Refused("is malformed");
  auto json = ParseJson(*text, "token", kJsonLimits);
  if (!json || !json->is_object()) return Refused("is malformed");
  return json;
}

std::string Text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// A NumericDate; empty when absent. A value that is no sensible number counts as malformed.
Expected<std::optional<double>> Date(const Json& payload, const char* key) {
  const auto found = payload.find(key);
  if (found == payload.end()) return std::optional<double>();
  if (!found->is_number()) return Refused("is malformed");
  const double seconds = found->get<double>();
  if (!(seconds >= 0 && seconds <= kSecondsMax)) return Refused("is malformed");
  return std::optional(seconds);
}

bool NamesAudience(const Json& payload, const std::string& audience) {
  const auto found = payload.find("aud");
  if (found == payload.end()) return false;
  if (found->is_string()) return *found == audience;
  return found->is_array() && std::ranges::find(*found, Json(audience)) != found->end();
}

}  // namespace

TokenAuthority::TokenAuthority(std::string secret, TokenOptions options)
    : secret_(std::move(secret)), options_(std::move(options)) {
  if (secret_.size() < kSecretBytesMin) {
    throw Error(Code::kBadValue,
                fmt::format("a token secret needs at least {} bytes", kSecretBytesMin));
  }
}

std::string TokenAuthority::Sign(std::string_view signed_part) const {
  return HmacSha256(secret_, signed_part);
}

std::string TokenAuthority::Issue(const Grant& grant) const {
  const bool bad_scope = std::ranges::any_of(grant.scopes, [](const std::string& scope) {
    return scope.empty() || scope.find(' ') != std::string::npos;
  });
  if (grant.subject.empty() || grant.ttl.count() <= 0 || bad_scope) {
    throw Error(Code::kBadValue,
                "a token needs a subject, scopes without blanks and a positive lifetime");
  }
  if (!IsUtf8(grant.subject) || !std::ranges::all_of(grant.scopes, IsUtf8)) {
    throw Error(Code::kBadValue, "a token's subject and scopes must be UTF-8");
  }
  const int64_t now = Seconds(options_.clock());
  const Json header = {{"alg", "HS256"}, {"typ", "JWT"}};
  const Json payload = {{"iss", options_.issuer},         {"aud", options_.audience},
                        {"sub", grant.subject},           {"iat", now},
                        {"exp", now + grant.ttl.count()}, {"scope", JoinText(grant.scopes, " ")}};
  const std::string signed_part =
      EncodeBase64(header.dump(), Base64::kUrl) + "." + EncodeBase64(payload.dump(), Base64::kUrl);
  std::string token = signed_part + "." + EncodeBase64(Sign(signed_part), Base64::kUrl);
  if (token.size() > kTokenBytesMax) {
    throw Error(Code::kBadValue,
                fmt::format("the token would have more than {} bytes", kTokenBytesMax));
  }
  return token;
}

Expected<Claims> TokenAuthority::Verify(std::string_view token) const {
  if (token.size() > kTokenBytesMax) return Refused("is too long");
  const size_t first = token.find('.');
  const size_t last = token.rfind('.');
  if (first == std::string_view::npos || token.find('.', first + 1) != last) {
    return Refused("is malformed");
  }
  const auto signature = DecodeBase64(token.substr(last + 1), Base64::kUrl);
  if (!signature || !EqualInConstantTime(*signature, Sign(token.substr(0, last)))) {
    return Refused("is not signed by this server");
  }
  return Check(token.substr(0, first), token.substr(first + 1, last - first - 1));
}

Expected<Claims> TokenAuthority::Check(std::string_view header_piece,
                                       std::string_view payload_piece) const {
  const auto header = ParsePiece(header_piece);
  if (!header) return header.error();
  if (Text(*header, "alg") != "HS256") return Refused("is not signed with HS256");
  if (header->contains("crit")) return Refused("demands an extension that is not known here");
  const auto payload = ParsePiece(payload_piece);
  if (!payload) return payload.error();

  const auto expires = Date(*payload, "exp");
  const auto not_before = Date(*payload, "nbf");
  const auto issued = Date(*payload, "iat");
  for (const auto* date : {&expires, &not_before, &issued}) {
    if (!*date) return date->error();
  }
  const auto now = static_cast<double>(Seconds(options_.clock()));
  const double soon = now + static_cast<double>(options_.skew.count());
  if (!expires->has_value()) return Refused("has no end");
  if (now >= **expires) return Refused("has expired");
  if ((*not_before).value_or(0) > soon || (*issued).value_or(0) > soon) {
    return Refused("is not valid yet");
  }
  if (Text(*payload, "iss") != options_.issuer) return Refused("comes from another issuer");
  if (!NamesAudience(*payload, options_.audience)) return Refused("is meant for somebody else");
  Claims claims{.subject = Text(*payload, "sub")};
  if (claims.subject.empty()) return Refused("names nobody");
  const std::string scope = Text(*payload, "scope");
  if (!scope.empty()) claims.scopes = SplitText(scope, ' ');
  claims.expires = Time(std::chrono::seconds(static_cast<int64_t>(**expires)));
  return claims;
}

}  // namespace keelrow::gateway
