#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "base/json.h"
#include "gateway/signature.h"

namespace keelrow::gateway {

/// The compact form of a signed JSON Web Token (RFC 7515): header.payload.signature.

inline constexpr size_t kTokenBytesMax =
    8192;  // ours have about 300, those of large companies 3000

/// A token taken apart. It is what a stranger says until its signature was checked.
struct Jwt {
  std::string algorithm;           // the header's `alg`, whatever it is
  std::optional<std::string> kid;  // a name to look up, never a path, a URL or a query
  Json payload;                    // an object; no two members of one name, at any depth
  std::string_view signed_part;    // of the token that was parsed
  std::string signature;
};

/// kUnauthenticated for anything but three pieces of canonical Base64url with JSON objects, within
/// bounds on length and depth, and for a header with `crit`. Whatever else a header has (`jku`,
/// `jwk`, `x5u`, `x5c`: keys, and where to fetch keys, by the token's own word) is not looked at.
Expected<Jwt> ParseJwt(std::string_view token);

/// Signs; the header gets `alg`, `typ` and, unless empty, `kid`. Throws kBadValue when the token
/// would be longer than kTokenBytesMax.
std::string EncodeJwt(const Json& payload, const SigningKey& key, const std::string& kid);

/// kUnauthenticated: "the token …".
Error TokenRefused(std::string_view why);

}  // namespace keelrow::gateway
