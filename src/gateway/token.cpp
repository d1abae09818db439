#include "gateway/token.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "gateway/scope.h"

namespace keelrow::gateway {
namespace {

std::string KidOf(const SigningKey& key) {
  const Json jwk = key.PublicJwk();
  return jwk.is_null() ? std::string() : jwk["kid"].get<std::string>();
}

void Check(const Grant& grant) {
  if (grant.subject.empty() || grant.ttl.count() <= 0 ||
      !std::ranges::all_of(grant.scopes, IsScope)) {
    throw Error(Code::kBadValue,
                "a token needs a subject, scopes without blanks and a positive lifetime");
  }
  if (!IsUtf8(grant.subject)) throw Error(Code::kBadValue, "a token's subject must be UTF-8");
}

}  // namespace

std::string NewTokenId() {
  return ToHex(SecureRandomBytes(12));
}

TokenAuthority::TokenAuthority(std::string secret, TokenOptions options)
    : TokenAuthority(SigningKey::Hs256(std::move(secret)), std::move(options)) {}

TokenAuthority::TokenAuthority(SigningKey key, TokenOptions options)
    : key_(std::move(key)),
      kid_(KidOf(key_)),
      clock_(std::move(options.clock)),
      issuer_{.name = std::move(options.issuer),
              .audience = std::move(options.audience),
              .algorithms = {key_.algorithm()},
              .skew = options.skew},
      keys_(kid_, key_.Verifier()) {}

std::string TokenAuthority::Issue(const Grant& grant) const {
  Check(grant);
  const int64_t now = UnixSeconds(clock_());
  if (grant.ttl.count() > kUnixSecondsMax - now) {
    throw Error(Code::kBadValue, "a token cannot outlast the year 2261");
  }
  return EncodeJwt({{"iss", issuer_.name},
                    {"aud", issuer_.audience},
                    {"sub", grant.subject},
                    {"iat", now},
                    {"exp", now + grant.ttl.count()},
                    {"jti", grant.id.empty() ? NewTokenId() : grant.id},
                    {"scope", JoinText(grant.scopes, " ")}},
                   key_, kid_);
}

Expected<Claims> TokenAuthority::Verify(std::string_view token) const {
  const auto jwt = ParseJwt(token);
  if (!jwt) return jwt.error();
  const auto algorithm = AllowedAlgorithm(*jwt, issuer_);
  if (!algorithm) return algorithm.error();
  const VerifyingKey* key = keys_.Find(jwt->kid, *algorithm);
  if (key == nullptr) return TokenRefused("is signed with a key that is not known here");
  return VerifiedClaims(*jwt, *key, issuer_, clock_());
}

}  // namespace keelrow::gateway
