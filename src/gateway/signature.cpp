#include "gateway/signature.h"

#include <openssl/err.h>

#include <array>

#include "base/hash.h"
#include "gateway/openssl_key.h"

namespace keelrow::gateway {
namespace {

using internal::Bytes;
using internal::kCoordinateBytes;

struct AlgorithmRow {
  Algorithm algorithm;
  std::string_view name;
};
constexpr std::array kAlgorithms = {
    AlgorithmRow{Algorithm::kHs256, "HS256"}, AlgorithmRow{Algorithm::kRs256, "RS256"},
    AlgorithmRow{Algorithm::kEs256, "ES256"}, AlgorithmRow{Algorithm::kEdDsa, "EdDSA"}};

/// Ed25519 hashes by itself.
const EVP_MD* DigestOf(Algorithm algorithm) {
  return algorithm == Algorithm::kEdDsa ? nullptr : EVP_sha256();
}

/// A token carries the two numbers of an ECDSA signature side by side; OpenSSL wants DER.
std::string ToDer(std::string_view signature) {
  if (signature.size() != 2 * kCoordinateBytes) return {};
  const internal::EcdsaSignature pair(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(Bytes(signature), kCoordinateBytes, nullptr);
  BIGNUM* s = BN_bin2bn(Bytes(signature) + kCoordinateBytes, kCoordinateBytes, nullptr);
  ECDSA_SIG_set0(pair.get(), r, s);
  std::string der(static_cast<size_t>(i2d_ECDSA_SIG(pair.get(), nullptr)), '\0');
  unsigned char* out = Bytes(der);
  i2d_ECDSA_SIG(pair.get(), &out);
  return der;
}

std::string FromDer(const std::string& der) {
  const unsigned char* in = Bytes(der);
  const internal::EcdsaSignature pair(
      d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size())));  // NOLINT: OpenSSL's type
  std::string signature(2 * kCoordinateBytes, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), Bytes(signature), kCoordinateBytes);
  BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), Bytes(signature) + kCoordinateBytes, kCoordinateBytes);
  return signature;
}

bool VerifyPublic(const internal::Key& key, std::string_view message, std::string_view signature) {
  const internal::DigestContext context(EVP_MD_CTX_new());
  const bool holds = EVP_DigestVerifyInit(context.get(), nullptr, DigestOf(key.algorithm), nullptr,
                                          key.key.get()) == 1 &&
                     EVP_DigestVerify(context.get(), Bytes(signature), signature.size(),
                                      Bytes(message), message.size()) == 1;
  ERR_clear_error();  // of this thread; nobody else reads what a stranger's signature left there
  return holds;
}

std::string SignPrivate(const internal::Key& key, std::string_view message) {
  const internal::DigestContext context(EVP_MD_CTX_new());
  size_t size = 0;
  bool done = EVP_DigestSignInit(context.get(), nullptr, DigestOf(key.algorithm), nullptr,
                                 key.key.get()) == 1 &&
              EVP_DigestSign(context.get(), nullptr, &size, Bytes(message), message.size()) == 1;
  std::string signature(size, '\0');
  done = done && EVP_DigestSign(context.get(), Bytes(signature), &size, Bytes(message),
                                message.size()) == 1;
  if (!done) throw Error(Code::kEnvironment, "OpenSSL cannot sign");
  signature.resize(size);
  return signature;
}

}  // namespace

std::string_view NameOf(Algorithm algorithm) {
  return kAlgorithms[static_cast<size_t>(algorithm)].name;
}

std::optional<Algorithm> FindAlgorithm(std::string_view name) {
  for (const AlgorithmRow& row : kAlgorithms) {
    if (row.name == name) return row.algorithm;
  }
  return std::nullopt;
}

Algorithm VerifyingKey::algorithm() const {
  return key_->algorithm;
}

bool VerifyingKey::Verify(std::string_view message, std::string_view signature) const {
  switch (key_->algorithm) {
    case Algorithm::kHs256:
      return EqualInConstantTime(signature, HmacSha256(key_->secret, message));
    case Algorithm::kEs256: {
      const std::string der = ToDer(signature);
      return !der.empty() && VerifyPublic(*key_, message, der);
    }
    case Algorithm::kRs256:
    case Algorithm::kEdDsa:
      return VerifyPublic(*key_, message, signature);
  }
  return false;
}

Algorithm SigningKey::algorithm() const {
  return key_->algorithm;
}

std::string SigningKey::Sign(std::string_view message) const {
  if (key_->algorithm == Algorithm::kHs256) return HmacSha256(key_->secret, message);
  std::string signature = SignPrivate(*key_, message);
  return key_->algorithm == Algorithm::kEs256 ? FromDer(signature) : signature;
}

}  // namespace keelrow::gateway
