// Keys of each algorithm: from their numbers, from and to PEM, and out as JWK.
#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <cstring>

#include "base/base64.h"
#include "base/hash.h"
#include "gateway/openssl_key.h"

namespace keelrow::gateway {
namespace internal {

std::string NumberOf(const EVP_PKEY* key, const char* parameter, size_t size) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, parameter, &number) != 1) {
    throw Error(Code::kInternal, fmt::format("a key without its number {}", parameter));
  }
  const BigNumber owner(number);
  std::string bytes(std::max(size, static_cast<size_t>(BN_num_bytes(number))), '\0');
  BN_bn2binpad(number, Bytes(bytes), static_cast<int>(bytes.size()));
  return bytes;
}

}  // namespace internal

namespace {

using internal::BigNumber;
using internal::Bytes;
using internal::EvpKey;
using internal::EvpKeyContext;
using internal::kCoordinateBytes;
using internal::Key;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, internal::Freer<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, internal::Freer<OSSL_PARAM_free>>;

constexpr size_t kSecretBytesMin = 32;
constexpr int kModulusBitsMin = 2048;  // RFC 7518 section 3.3
constexpr int kModulusBitsMax = 8192;
constexpr unsigned kModulusBits = 3072;  // of our own; NIST SP 800-57: as strong as P-256
constexpr std::string_view kCurve = "P-256";

Error Unusable(std::string_view why) {
  ERR_clear_error();
  return Error(Code::kBadValue, fmt::format("{}", why));
}

/// A public key of `type` out of its parameters; null when OpenSSL does not take them.
EvpKey PublicKey(const char* type, const ParameterBuilder& builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder.get()));
  const EvpKeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  const bool made =
      EVP_PKEY_fromdata_init(context.get()) == 1 &&
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) == 1;
  return EvpKey(made ? key : nullptr);
}

bool IsValidPublicKey(const EvpKey& key) {
  const EvpKeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  return EVP_PKEY_public_check(context.get()) == 1;
}

bool IsOddExponent(const BIGNUM* exponent) {
  return BN_is_odd(exponent) && !BN_is_one(exponent) && BN_num_bits(exponent) <= 32;
}

/// Why a modulus or an exponent is not taken; empty when both are.
std::string_view RsaFault(const BIGNUM* modulus, const BIGNUM* exponent) {
  const int bits = BN_num_bits(modulus);
  if (bits < kModulusBitsMin || bits > kModulusBitsMax || !BN_is_odd(modulus)) {
    return "an RSA key needs an odd modulus of 2048 to 8192 bits";
  }
  if (!IsOddExponent(exponent)) return "an RSA key needs an odd exponent of at most 32 bits";
  return {};
}

struct KeyType {
  Algorithm algorithm;
  const char* name;  // OpenSSL's
};
constexpr KeyType kTypes[] = {
    {Algorithm::kRs256, "RSA"}, {Algorithm::kEs256, "EC"}, {Algorithm::kEdDsa, "ED25519"}};

const char* TypeOf(Algorithm algorithm) {
  for (const KeyType& type : kTypes) {
    if (type.algorithm == algorithm) return type.name;
  }
  throw Error(Code::kInternal, "HS256 has no key pair");
}

/// Whether a private key that was read is one for the algorithm.
bool Fits(const EVP_PKEY* key, Algorithm algorithm) {
  if (EVP_PKEY_is_a(key, TypeOf(algorithm)) != 1) return false;
  if (algorithm == Algorithm::kRs256) return EVP_PKEY_get_bits(key) >= kModulusBitsMin;
  if (algorithm == Algorithm::kEdDsa) return true;
  char group[32] = {};
  return EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group,
                                        nullptr) == 1 &&
         std::string_view(group) == SN_X9_62_prime256v1;
}

std::string Url(std::string_view bytes) {
  return EncodeBase64(bytes, Base64::kUrl);
}

/// The members that a thumbprint is made of (RFC 7638 section 3.2, RFC 8037 section 2).
Json RequiredMembers(const Key& key) {
  if (key.algorithm == Algorithm::kRs256) {
    return {{"kty", "RSA"},
            {"n", Url(internal::NumberOf(key.key.get(), OSSL_PKEY_PARAM_RSA_N))},
            {"e", Url(internal::NumberOf(key.key.get(), OSSL_PKEY_PARAM_RSA_E))}};
  }
  if (key.algorithm == Algorithm::kEs256) {
    const auto coordinate = [&](const char* name) {
      return Url(internal::NumberOf(key.key.get(), name, kCoordinateBytes));
    };
    return {{"kty", "EC"},
            {"crv", kCurve},
            {"x", coordinate(OSSL_PKEY_PARAM_EC_PUB_X)},
            {"y", coordinate(OSSL_PKEY_PARAM_EC_PUB_Y)}};
  }
  std::string x(kCoordinateBytes, '\0');
  size_t size = x.size();
  EVP_PKEY_get_raw_public_key(key.key.get(), Bytes(x), &size);
  return {{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", Url(x)}};
}

}  // namespace

Expected<VerifyingKey> VerifyingKey::Hs256(std::string secret) {
  if (secret.size() < kSecretBytesMin) {
    return Unusable(fmt::format("a token secret needs at least {} bytes", kSecretBytesMin));
  }
  return VerifyingKey(std::make_shared<const Key>(
      Key{.algorithm = Algorithm::kHs256, .secret = std::move(secret)}));
}

Expected<VerifyingKey> VerifyingKey::Rs256(std::string_view modulus, std::string_view exponent) {
  if (modulus.size() > kModulusBitsMax / 8 + 1 || exponent.size() > 8) {
    return Unusable("an RSA key with longer numbers than are taken");
  }
  const BigNumber n(BN_bin2bn(Bytes(modulus), static_cast<int>(modulus.size()), nullptr));
  const BigNumber e(BN_bin2bn(Bytes(exponent), static_cast<int>(exponent.size()), nullptr));
  if (const std::string_view fault = RsaFault(n.get(), e.get()); !fault.empty()) {
    return Unusable(fault);
  }
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  EvpKey key = PublicKey("RSA", builder);
  if (!key) return Unusable("an RSA key that OpenSSL does not take");
  return VerifyingKey(
      std::make_shared<const Key>(Key{.algorithm = Algorithm::kRs256, .key = std::move(key)}));
}

Expected<VerifyingKey> VerifyingKey::Es256(std::string_view x, std::string_view y) {
  if (x.size() != kCoordinateBytes || y.size() != kCoordinateBytes) {
    return Unusable("a P-256 key needs coordinates of 32 bytes");
  }
  std::string point = "\x04";  // uncompressed
  point.append(x).append(y);
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, kCurve.data(), 0);
  OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                   point.size());
  EvpKey key = PublicKey("EC", builder);
  if (!key || !IsValidPublicKey(key)) return Unusable("a P-256 key that is not on the curve");
  return VerifyingKey(
      std::make_shared<const Key>(Key{.algorithm = Algorithm::kEs256, .key = std::move(key)}));
}

Expected<VerifyingKey> VerifyingKey::EdDsa(std::string_view x) {
  EvpKey key;
  if (x.size() == kCoordinateBytes) {
    key.reset(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(x), x.size()));
  }
  if (!key) return Unusable("an Ed25519 key needs 32 bytes");
  return VerifyingKey(
      std::make_shared<const Key>(Key{.algorithm = Algorithm::kEdDsa, .key = std::move(key)}));
}

SigningKey SigningKey::Hs256(std::string secret) {
  return SigningKey(VerifyingKey::Hs256(std::move(secret)).Value().key_);
}

SigningKey SigningKey::FromPem(const std::string& pem, Algorithm algorithm,
                               const std::string& name) {
  const std::unique_ptr<BIO, internal::Freer<BIO_free_all>> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // An encrypted one would ask for its password on the terminal.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  EvpKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  ERR_clear_error();
  if (!key || !Fits(key.get(), algorithm)) {
    throw Error(Code::kCorrupt,
                fmt::format("{} does not hold a private key for {}", name, NameOf(algorithm)));
  }
  return SigningKey(
      std::make_shared<const Key>(Key{.algorithm = algorithm, .key = std::move(key)}));
}

std::string SigningKey::GeneratePem(Algorithm algorithm) {
  const char* type = TypeOf(algorithm);
  const EvpKey key(algorithm == Algorithm::kRs256
                       ? EVP_PKEY_Q_keygen(nullptr, nullptr, type, size_t{kModulusBits})
                   : algorithm == Algorithm::kEs256
                       ? EVP_PKEY_Q_keygen(nullptr, nullptr, type, kCurve.data())
                       : EVP_PKEY_Q_keygen(nullptr, nullptr, type));
  const std::unique_ptr<BIO, internal::Freer<BIO_free_all>> bio(BIO_new(BIO_s_mem()));
  if (!key || PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                            nullptr) != 1) {
    throw Error(Code::kEnvironment, fmt::format("OpenSSL makes no key for {}", NameOf(algorithm)));
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);  // NOLINT: OpenSSL's type
  return {text, static_cast<size_t>(size)};
}

Json SigningKey::PublicJwk() const {
  if (key_->algorithm == Algorithm::kHs256) return nullptr;
  Json jwk = RequiredMembers(*key_);
  const std::string thumbprint = Sha256Bytes(CanonicalJson(jwk));
  jwk["kid"] = Url(thumbprint);
  jwk["alg"] = NameOf(key_->algorithm);
  jwk["use"] = "sig";
  return jwk;
}

}  // namespace keelrow::gateway
