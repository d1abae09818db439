#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/signature.h"

namespace keelrow::gateway {

/// The keys of one issuer, found by name. Immutable; any thread may look up.
class KeySet {
 public:
  KeySet() = default;
  /// One key; with an empty `kid` only tokens that name none find it.
  KeySet(std::string kid, VerifyingKey key);

  /// The key of that name when it is one for `algorithm`. For a token that names none: the only
  /// key that there is for it. Otherwise null: a guess among several would be an oracle.
  const VerifyingKey* Find(const std::optional<std::string>& kid, Algorithm algorithm) const;
  size_t size() const { return keys_.size(); }

 private:
  friend Expected<KeySet> ParseJwks(std::string_view text, std::string_view name);
  std::multimap<std::string, VerifyingKey, std::less<>> keys_;  // a name only once, but for ""
};

inline constexpr size_t kJwksBytesMax = size_t{256} << 10;
inline constexpr size_t kJwksKeysMax = 64;

/// A JSON Web Key Set (RFC 7517): RSA for RS256, P-256 for ES256, Ed25519 for EdDSA. Keys of other
/// types, curves, algorithms or uses are passed over, as the RFC asks, and so are shared secrets:
/// what is published is none. kSyntax, kLimit (bytes, keys, depth), or kBadValue: not a key set, no
/// usable key, two keys of one name, a private key, a key too weak or not on its curve. `name`
/// stands in messages for the source.
Expected<KeySet> ParseJwks(std::string_view text, std::string_view name);

}  // namespace keelrow::gateway
