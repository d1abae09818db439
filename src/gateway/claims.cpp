#include "gateway/claims.h"

#include <algorithm>

#include "base/text.h"
#include "gateway/scope.h"

namespace keelrow::gateway {
namespace {

/// A NumericDate; empty when absent. A value that is no sensible number counts as malformed.
Expected<std::optional<double>> Date(const Json& payload, const char* name) {
  const auto found = payload.find(name);
  if (found == payload.end()) return std::optional<double>();
  if (!found->is_number()) return TokenRefused("is malformed");
  const double seconds = found->get<double>();
  if (!(seconds >= 0 && seconds <= static_cast<double>(kUnixSecondsMax))) {
    return TokenRefused("is malformed");
  }
  return std::optional(seconds);
}

bool NamesAudience(const Json& payload, const std::string& audience) {
  const auto found = payload.find("aud");
  if (found == payload.end()) return false;
  if (found->is_string()) return *found == audience;
  return found->is_array() && std::ranges::find(*found, Json(audience)) != found->end();
}

/// "a b" or ["a", "b"]; of anything else nothing.
std::vector<std::string> Words(const Json& value) {
  std::vector<std::string> words;
  if (value.is_string()) words = SplitText(value.get_ref<const std::string&>(), ' ');
  if (value.is_array()) {
    for (const Json& item : value) {
      if (item.is_string()) words.push_back(item);
    }
  }
  std::erase_if(words, [](const std::string& word) { return !IsScope(word); });
  return words;
}

std::vector<std::string> Scopes(const Json& payload, const TrustedIssuer& issuer) {
  const auto scope = payload.find("scope");
  const auto found = scope != payload.end() ? scope : payload.find("scp");
  if (found == payload.end()) return {};
  std::vector<std::string> scopes = Words(*found);
  return issuer.scopes.empty() ? scopes : Within(scopes, issuer.scopes);
}

/// When the token ends, unless it has or has not begun.
Expected<SystemTime> CheckDates(const Json& payload, std::chrono::seconds skew, SystemTime time) {
  const auto expires = Date(payload, "exp");
  const auto not_before = Date(payload, "nbf");
  const auto issued = Date(payload, "iat");
  for (const auto* date : {&expires, &not_before, &issued}) {
    if (!*date) return date->error();
  }
  const auto now = static_cast<double>(UnixSeconds(time));
  const double soon = now + static_cast<double>(skew.count());
  if (!expires->has_value()) return TokenRefused("has no end");
  if (now >= **expires) return TokenRefused("has expired");
  if ((*not_before).value_or(0) > soon || (*issued).value_or(0) > soon) {
    return TokenRefused("is not valid yet");
  }
  return SystemTime(std::chrono::seconds(static_cast<int64_t>(**expires)));
}

}  // namespace

std::string TextClaim(const Json& payload, const char* name) {
  const auto found = payload.find(name);
  return found != payload.end() && found->is_string() ? found->get<std::string>() : std::string();
}

int64_t UnixSeconds(SystemTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

Expected<Algorithm> AllowedAlgorithm(const Jwt& jwt, const TrustedIssuer& issuer) {
  const auto algorithm = FindAlgorithm(jwt.algorithm);
  if (algorithm && std::ranges::find(issuer.algorithms, *algorithm) != issuer.algorithms.end()) {
    return *algorithm;
  }
  std::vector<std::string> names;
  for (const Algorithm allowed : issuer.algorithms) names.emplace_back(NameOf(allowed));
  return TokenRefused("is not signed with " + JoinText(names, " or "));
}

Expected<Claims> VerifiedClaims(const Jwt& jwt, const VerifyingKey& key,
                                const TrustedIssuer& issuer, SystemTime now) {
  if (!key.Verify(jwt.signed_part, jwt.signature)) {
    return TokenRefused("is not signed by its issuer");
  }
  const auto expires = CheckDates(jwt.payload, issuer.skew, now);
  if (!expires) return expires.error();
  if (TextClaim(jwt.payload, "iss") != issuer.name) {
    return TokenRefused("comes from another issuer");
  }
  if (!NamesAudience(jwt.payload, issuer.audience)) {
    return TokenRefused("is meant for somebody else");
  }
  Claims claims{.issuer = issuer.name,
                .subject = TextClaim(jwt.payload, "sub"),
                .scopes = Scopes(jwt.payload, issuer),
                .token_id = TextClaim(jwt.payload, "jti"),
                .expires = *expires};
  if (claims.subject.empty()) return TokenRefused("names nobody");
  return claims;
}

}  // namespace keelrow::gateway
