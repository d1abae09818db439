#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/expected.h"

namespace keelrow::gateway {

/// JSON Web Tokens signed with HMAC-SHA-256 (RFC 7519, HS256), and nothing else: the algorithm is
/// ours to choose, never the token's. Nothing of a token is parsed before its signature holds.
/// Why not a library: docs/decisions/0004-jwt.md. Immutable; any thread may verify.

struct Claims {
  std::string subject;
  std::vector<std::string> scopes;
  std::chrono::system_clock::time_point expires;
};

/// What a new token shall say.
struct Grant {
  std::string subject;
  std::vector<std::string> scopes = {};  // words without blanks
  std::chrono::seconds ttl = std::chrono::hours(24);
};

struct TokenOptions {
  std::string issuer = "keelrow";
  std::string audience = "keelrow";
  std::chrono::seconds skew{60};  // of another machine's clock, for nbf and iat
  std::function<std::chrono::system_clock::time_point()> clock = std::chrono::system_clock::now;
};

class TokenAuthority {
 public:
  /// `secret`: at least 32 bytes (RFC 7518 section 3.2), else kBadValue.
  explicit TokenAuthority(std::string secret, TokenOptions options = {});

  /// kBadValue for an empty subject, a scope with a blank, or a ttl that is not positive.
  std::string Issue(const Grant& grant) const;

  /// Signature, alg, exp, nbf, iat, iss and aud. Every refusal is kUnauthenticated.
  Expected<Claims> Verify(std::string_view token) const;

 private:
  std::string Sign(std::string_view signed_part) const;
  Expected<Claims> Check(std::string_view header, std::string_view payload) const;

  std::string secret_;
  TokenOptions options_;
};

}  // namespace keelrow::gateway
