#include "gateway/authenticator.h"

#include <fmt/format.h>

#include <set>

#include "base/hash.h"
#include "gateway/api_key.h"

namespace keelrow::gateway {
namespace {

constexpr std::string_view kScheme = "Bearer ";

Error Missing(std::string message) {
  return Error(Code::kUnauthenticated, std::move(message),
               {.hint = "send `Authorization: Bearer <token>`; `keelrow token` makes one"});
}

/// The same for every fault of a key, so that nobody learns which ids there are.
Error KeyRefused() {
  return Error(Code::kUnauthenticated, "the API key is not known, has expired or was revoked",
               {.hint = "`keelrow token create --api-key` makes one"});
}

/// What the headers carry, without saying yet what it is.
Expected<std::string_view> CredentialOf(const http::Headers& headers) {
  const size_t tokens = headers.Count("Authorization");
  const size_t keys = headers.Count("X-API-Key");
  if (tokens + keys == 0) return Missing("the request carries no token");
  if (tokens + keys > 1) return Missing("the request carries more than one token or API key");
  if (keys == 1) {
    const std::string_view key = *headers.Find("X-API-Key");
    if (!LooksLikeApiKey(key)) return Missing("the request's X-API-Key is no API key");
    return key;
  }
  const std::string_view value = *headers.Find("Authorization");
  if (value.size() <= kScheme.size() ||
      !http::EqualIgnoringCase(value.substr(0, kScheme.size()), kScheme)) {
    return Missing("the request's Authorization is not a bearer token");
  }
  return value.substr(kScheme.size());
}

Error Undecided() {
  return Error(Code::kOverloaded, "the keys of the token's issuer are being fetched",
               {.hint = "ask again in a second"});
}

}  // namespace

Authenticator::Authenticator(std::vector<Issuer> issuers,
                             std::shared_ptr<const LiveCredentials> credentials,
                             ClockFunction clock)
    : issuers_(std::move(issuers)), credentials_(std::move(credentials)), clock_(std::move(clock)) {
  std::set<std::string> names;
  for (const Issuer& issuer : issuers_) {
    if (names.insert(issuer.trust.name).second) continue;
    throw Error(Code::kBadValue, fmt::format("two issuers are called `{}`", issuer.trust.name));
  }
}

Authenticator::Authenticator(const TokenAuthority& authority,
                             std::shared_ptr<const LiveCredentials> credentials,
                             ClockFunction clock)
    : Authenticator({{authority.issuer(), std::make_shared<const KeyRing>(authority.keys())}},
                    std::move(credentials), std::move(clock)) {}

Expected<http::Identity> Authenticator::Authenticate(const http::Headers& headers) const {
  const auto credential = CredentialOf(headers);
  if (!credential) return credential.error();
  return LooksLikeApiKey(*credential) ? Key(*credential) : Token(*credential);
}

const Authenticator::Issuer* Authenticator::Find(std::string_view name) const {
  for (const Issuer& issuer : issuers_) {
    if (issuer.trust.name == name) return &issuer;
  }
  return nullptr;
}

bool Authenticator::StillHolds(const VerifiedToken& token) const {
  const Issuer* issuer = Find(token.identity.issuer);
  return issuer != nullptr && issuer->keys->Get() == token.keys && clock_() < token.expires;
}

Expected<http::Identity> Authenticator::Token(std::string_view token) const {
  if (token.size() > kTokenBytesMax) return TokenRefused("is too long");
  const std::string digest = Sha256Bytes(token);
  std::shared_ptr<const VerifiedToken> verified = verified_.Find(digest);
  if (!verified || !StillHolds(*verified)) {
    auto again = Verify(token);
    if (!again) return again.error();
    verified = std::move(*again);
    verified_.Add(digest, verified);
  }
  const http::Identity& identity = verified->identity;
  if (credentials_ && credentials_->Get()->IsRevoked(identity.issuer, identity.token_id)) {
    return TokenRefused("was revoked");
  }
  return identity;
}

Expected<std::shared_ptr<const VerifiedToken>> Authenticator::Verify(std::string_view token) const {
  const auto jwt = ParseJwt(token);
  if (!jwt) return jwt.error();
  // By whose key to check it is the token's word; that it was that issuer the signature proves.
  const Issuer* issuer = Find(TextClaim(jwt->payload, "iss"));
  if (issuer == nullptr) return TokenRefused("comes from an issuer that is not known here");
  const auto algorithm = AllowedAlgorithm(*jwt, issuer->trust);
  if (!algorithm) return algorithm.error();
  auto keys = issuer->keys->Get();
  if (!keys) return Undecided();
  const VerifyingKey* key = keys->Find(jwt->kid, *algorithm);
  if (key == nullptr) {
    if (issuer->keys->Missed()) return Undecided();
    return TokenRefused("is signed with a key that is not known here");
  }
  auto claims = VerifiedClaims(*jwt, *key, issuer->trust, clock_());
  if (!claims) return claims.error();
  return std::make_shared<const VerifiedToken>(
      VerifiedToken{.identity = {.subject = std::move(claims->subject),
                                 .scopes = std::move(claims->scopes),
                                 .issuer = std::move(claims->issuer),
                                 .token_id = std::move(claims->token_id)},
                    .expires = claims->expires,
                    .keys = std::move(keys)});
}

Expected<http::Identity> Authenticator::Key(std::string_view text) const {
  const auto key = ParseApiKey(text);
  if (!key || !credentials_) return KeyRefused();
  const auto book = credentials_->Get();
  const Credential* known = book->FindApiKey(key->id);
  // An id that is not known costs the same comparison as a wrong secret.
  const std::string wanted = known != nullptr ? known->digest : std::string(64, '-');
  if (!EqualInConstantTime(key->Digest(), wanted) || known == nullptr) return KeyRefused();
  const bool ended = known->expires != 0 && UnixSeconds(clock_()) >= known->expires;
  if (ended || known->revoked != 0) return KeyRefused();
  return http::Identity{.subject = known->subject,
                        .scopes = known->scopes,
                        .issuer = known->issuer,
                        .token_id = known->id};
}

}  // namespace keelrow::gateway
