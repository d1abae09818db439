#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/expected.h"
#include "base/json.h"

namespace keelrow::gateway {

/// Signatures of JSON Web Tokens (RFC 7518, RFC 8037) on OpenSSL. Which algorithm a signature is
/// checked with is a property of the key: none of these functions takes one from a token.

enum class Algorithm { kHs256, kRs256, kEs256, kEdDsa };

/// "HS256", "RS256", "ES256", "EdDSA".
std::string_view NameOf(Algorithm algorithm);
/// Empty for every other name, "none" and other spellings among them.
std::optional<Algorithm> FindAlgorithm(std::string_view name);

namespace internal {
struct Key;  // OpenSSL's, or the bytes of a secret
}

/// What checks signatures of one algorithm. Immutable and cheap to copy; any thread may verify.
class VerifyingKey {
 public:
  /// A shared secret; kBadValue below 32 bytes (RFC 7518 section 3.2).
  static Expected<VerifyingKey> Hs256(std::string secret);
  /// Big-endian numbers; kBadValue outside 2048 to 8192 bits (shorter ones can be factored, longer
  /// ones make every check cost milliseconds), or for an exponent that is no odd 32-bit number.
  static Expected<VerifyingKey> Rs256(std::string_view modulus, std::string_view exponent);
  /// A point of P-256, 32 bytes each; kBadValue when it is not on the curve.
  static Expected<VerifyingKey> Es256(std::string_view x, std::string_view y);
  /// An Ed25519 public key of 32 bytes, else kBadValue.
  static Expected<VerifyingKey> EdDsa(std::string_view x);

  Algorithm algorithm() const;
  /// Whether `signature` (as it stands in a token, decoded) is this key's of `message`.
  bool Verify(std::string_view message, std::string_view signature) const;

 private:
  friend class SigningKey;
  explicit VerifyingKey(std::shared_ptr<const internal::Key> key) : key_(std::move(key)) {}
  std::shared_ptr<const internal::Key> key_;
};

/// What makes signatures of one algorithm. Immutable; any thread may sign.
class SigningKey {
 public:
  /// Throws kBadValue below 32 bytes.
  static SigningKey Hs256(std::string secret);
  /// A private key in PEM (PKCS #8), for `algorithm`: RSA for RS256, P-256 for ES256, Ed25519 for
  /// EdDSA. Throws kCorrupt when it is not one; `name` stands in the message for the source.
  static SigningKey FromPem(const std::string& pem, Algorithm algorithm, const std::string& name);
  /// A new private key in PEM; RSA of 3072 bits. Not for HS256 (kInternal).
  static std::string GeneratePem(Algorithm algorithm);

  Algorithm algorithm() const;
  /// As it stands in a token before Base64.
  std::string Sign(std::string_view message) const;
  VerifyingKey Verifier() const { return VerifyingKey(key_); }
  /// The public half as a JWK with `alg`, `use` and, as `kid`, its thumbprint (RFC 7638); null for
  /// HS256, whose key is nobody else's business.
  Json PublicJwk() const;

 private:
  explicit SigningKey(std::shared_ptr<const internal::Key> key) : key_(std::move(key)) {}
  std::shared_ptr<const internal::Key> key_;
};

}  // namespace keelrow::gateway
