#pragma once

// For tests: certificates as they are in the world, made with OpenSSL in a folder of their own.

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "base/files.h"

namespace keelrow::http {

template <class T, void (*kFree)(T*)>
struct OpenSslFree {
  void operator()(T* object) const { kFree(object); }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, OpenSslFree<EVP_PKEY, EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, OpenSslFree<X509, X509_free>>;

/// A certificate with its key; `signer` null signs itself.
struct Certified {
  KeyPtr key;
  CertificatePtr certificate;
};

struct Wanted {
  std::string name;                 // its CN
  std::string alternative = {};     // "DNS:localhost,IP:127.0.0.1"
  bool authority = false;           // may sign others
  long seconds_until_end = 86'400;  // negative: expired
};

inline void AddExtension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

inline Certified Certify(const Wanted& wanted, const Certified* signer = nullptr) {
  static long serial = 0;
  Certified made{.key = KeyPtr(EVP_EC_gen("P-256")), .certificate = CertificatePtr(X509_new())};
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -2 * 86'400);
  X509_gmtime_adj(X509_getm_notAfter(certificate), wanted.seconds_until_end);
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(wanted.name.c_str()), -1, -1,
                             0);
  X509* issuer = signer != nullptr ? signer->certificate.get() : certificate;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  if (wanted.authority) AddExtension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  if (!wanted.alternative.empty()) {
    AddExtension(certificate, NID_subject_alt_name, wanted.alternative);
  }
  X509_sign(certificate, signer != nullptr ? signer->key.get() : made.key.get(), EVP_sha256());
  return made;
}

inline std::string PemOf(const Certified& what, bool key) {
  BIO* memory = BIO_new(BIO_s_mem());
  if (key) {
    PEM_write_bio_PrivateKey(memory, what.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  } else {
    PEM_write_bio_X509(memory, what.certificate.get());
  }
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  std::string pem(bytes, static_cast<size_t>(size));
  BIO_free(memory);
  return pem;
}

/// NAME.pem and NAME.key in `folder`.
inline void Write(const std::filesystem::path& folder, const std::string& name,
                  const Certified& what) {
  WriteFileDurably(folder / (name + ".key"), PemOf(what, true));
  WriteFileDurably(folder / (name + ".pem"), PemOf(what, false));
}

}  // namespace keelrow::http
