#pragma once

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <memory>
#include <string>

#include "gateway/signature.h"

/// Private to signature.cpp and key_material.cpp: OpenSSL's objects with owners.
namespace keelrow::gateway::internal {

template <auto kFree>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using EvpKey = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using EvpKeyContext = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using BigNumber = std::unique_ptr<BIGNUM, Freer<BN_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Freer<ECDSA_SIG_free>>;

struct Key {
  Algorithm algorithm = Algorithm::kHs256;
  std::string secret = {};  // of HS256
  EvpKey key = {};          // of the others
};

inline const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
inline unsigned char* Bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

/// A number of a key ("n", "e") or a coordinate ("qx", "qy"), as `size` big-endian bytes, or as
/// few as it takes where `size` is 0.
std::string NumberOf(const EVP_PKEY* key, const char* parameter, size_t size = 0);

inline constexpr size_t kCoordinateBytes = 32;  // of P-256, of Ed25519 and of halves of signatures

}  // namespace keelrow::gateway::internal
