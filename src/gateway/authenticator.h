#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "gateway/claims.h"
#include "gateway/credentials.h"
#include "gateway/key_ring.h"
#include "gateway/token.h"
#include "gateway/verified_tokens.h"
#include "http/message.h"

namespace keelrow::gateway {

/// Whom a request comes from: the one place that decides. Immutable but for a bounded memory of
/// tokens that held; any thread may ask, and none waits for a network.
class Authenticator {
 public:
  /// An issuer and its keys.
  struct Issuer {
    TrustedIssuer trust;
    std::shared_ptr<const KeyRing> keys;
  };
  using ClockFunction = std::function<SystemTime()>;

  /// `credentials` may be null: nothing is revoked then, and there are no API keys. Throws
  /// kBadValue for two issuers of one name.
  Authenticator(std::vector<Issuer> issuers, std::shared_ptr<const LiveCredentials> credentials,
                ClockFunction clock = std::chrono::system_clock::now);
  /// Our own tokens only.
  explicit Authenticator(const TokenAuthority& authority,
                         std::shared_ptr<const LiveCredentials> credentials = {},
                         ClockFunction clock = std::chrono::system_clock::now);

  /// By `Authorization: Bearer` with a token or an API key, or by `X-API-Key`; one of them, once.
  /// kUnauthenticated, or kOverloaded (503, to be asked again in a second) while the keys of the
  /// token's issuer are being fetched.
  Expected<http::Identity> Authenticate(const http::Headers& headers) const;

 private:
  Expected<http::Identity> Token(std::string_view token) const;
  Expected<std::shared_ptr<const VerifiedToken>> Verify(std::string_view token) const;
  Expected<http::Identity> Key(std::string_view text) const;
  const Issuer* Find(std::string_view name) const;
  bool StillHolds(const VerifiedToken& token) const;

  std::vector<Issuer> issuers_;
  std::shared_ptr<const LiveCredentials> credentials_;
  ClockFunction clock_;
  mutable VerifiedTokens verified_;
};

}  // namespace keelrow::gateway
