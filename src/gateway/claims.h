#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "gateway/jwt.h"

namespace keelrow::gateway {

using SystemTime = std::chrono::system_clock::time_point;

/// What a token that holds says.
struct Claims {
  std::string issuer;
  std::string subject;
  std::vector<std::string> scopes;
  std::string token_id;  // `jti`; may be empty in tokens of others
  SystemTime expires;
};

/// Whom we trust to issue tokens, and for what.
struct TrustedIssuer {
  std::string name;                      // `iss`, to the letter
  std::string audience;                  // that `aud` must name
  std::vector<Algorithm> algorithms;     // the only ones that its tokens may have
  std::vector<std::string> scopes = {};  // the most its tokens may allow; empty: whatever they say
  std::chrono::seconds skew{60};         // of its clock, for nbf and iat; exp gets none
};

/// The algorithm that the token names, when that issuer may use it.
Expected<Algorithm> AllowedAlgorithm(const Jwt& jwt, const TrustedIssuer& issuer);

/// Signature, then exp, nbf, iat, iss, aud and sub. Scopes are read from `scope` (text, or a list)
/// or else from `scp` (the same). Every refusal is kUnauthenticated.
Expected<Claims> VerifiedClaims(const Jwt& jwt, const VerifyingKey& key,
                                const TrustedIssuer& issuer, SystemTime now);

/// A claim that is text; else empty.
std::string TextClaim(const Json& payload, const char* name);

/// Whole seconds since 1970.
int64_t UnixSeconds(SystemTime time);

/// The year 2261: a later date would overflow the clock's nanoseconds.
inline constexpr int64_t kUnixSecondsMax = 9'200'000'000;

}  // namespace keelrow::gateway
