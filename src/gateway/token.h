#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/claims.h"
#include "gateway/key_set.h"

namespace keelrow::gateway {

/// What a new token shall say.
struct Grant {
  std::string subject;
  std::vector<std::string> scopes = {};  // "predict", "predict:digits": see scope.h
  std::chrono::seconds ttl = std::chrono::hours(24);
  std::string id = {};  // `jti`; empty: a new one
};

struct TokenOptions {
  std::string issuer = "keelrow";
  std::string audience = "keelrow";
  std::chrono::seconds skew{60};  // of another machine's clock, for nbf and iat
  std::function<SystemTime()> clock = std::chrono::system_clock::now;
};

/// Issues our own tokens and verifies them: JSON Web Tokens (RFC 7519) of one key, whose algorithm
/// is the only one. Why not a library: docs/decisions/0004-jwt.md. Immutable; for any thread.
class TokenAuthority {
 public:
  /// HS256 with a secret of at least 32 bytes (RFC 7518 section 3.2), else kBadValue.
  explicit TokenAuthority(std::string secret, TokenOptions options = {});
  explicit TokenAuthority(SigningKey key, TokenOptions options = {});

  /// Throws kBadValue for an empty subject, what is no scope, or a ttl that is not positive.
  std::string Issue(const Grant& grant) const;

  /// Every refusal is kUnauthenticated.
  Expected<Claims> Verify(std::string_view token) const;

  /// What others need to verify these tokens as we do.
  const TrustedIssuer& issuer() const { return issuer_; }
  const KeySet& keys() const { return keys_; }
  /// As in a JSON Web Key Set; null for HS256.
  Json PublicJwk() const { return key_.PublicJwk(); }

 private:
  SigningKey key_;
  std::string kid_;  // empty for HS256
  std::function<SystemTime()> clock_;
  TrustedIssuer issuer_;
  KeySet keys_;
};

/// 96 random bits in hexadecimal digits: neither guessed nor met twice.
std::string NewTokenId();

}  // namespace keelrow::gateway
