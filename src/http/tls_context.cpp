#include "http/tls_context.h"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/files.h"
#include "base/log.h"

namespace keelrow::http {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

constexpr uint64_t kPemBytesMax = uint64_t{1} << 20;
constexpr unsigned char kSessionName[] = "keelrow";
// Those of TLS 1.2; of 1.3 OpenSSL has only such ones.
constexpr const char* kCiphers = "ECDHE+AESGCM:ECDHE+CHACHA20";
// RFC 7301's wire form of "h2" and "http/1.1", each with its length in front.
constexpr unsigned char kProtocols[] = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

void Check(const error_code& failure, const std::filesystem::path& path, const char* what) {
  if (!failure) return;
  throw Error(Code::kBadValue,
              fmt::format("{} is not {}: {}", path.string(), what, failure.message()));
}

boost::asio::const_buffer BufferOf(const std::string& text) {
  return {text.data(), text.size()};
}

std::shared_ptr<ssl::context> Bare(ssl::context::method method) {
  auto context = std::make_shared<ssl::context>(method);
  SSL_CTX* native = context->native_handle();
  ::SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  ::SSL_CTX_set_cipher_list(native, kCiphers);
  ::SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // An idle connection then holds no 34 KB of buffers.
  ::SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  // Instead of OpenSSL's question on the terminal.
  context->set_password_callback([](size_t, ssl::context::password_purpose) { return ""; });
  return context;
}

void UseCertificate(ssl::context& context, const std::filesystem::path& certificate,
                    const std::filesystem::path& key) {
  error_code failure;
  const std::string chain = ReadFile(certificate, kPemBytesMax);
  context.use_certificate_chain(BufferOf(chain), failure);
  Check(failure, certificate, "a certificate (PEM)");
  const std::string secret = ReadFile(key, kPemBytesMax);
  context.use_private_key(BufferOf(secret), ssl::context::pem, failure);
  Check(failure, key, "the key of that certificate (PEM, without a password)");
  if (::SSL_CTX_check_private_key(context.native_handle()) != 1) {
    throw Error(Code::kBadValue,
                fmt::format("{} is not the key of {}", key.string(), certificate.string()));
  }
}

void Trust(ssl::context& context, const std::filesystem::path& path) {
  error_code failure;
  const std::string authorities = ReadFile(path, kPemBytesMax);
  context.add_certificate_authority(BufferOf(authorities), failure);
  Check(failure, path, "a list of certificates (PEM)");
}

int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* out_size,
                   const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* chosen = nullptr;
  const int result = ::SSL_select_next_proto(&chosen, out_size, kProtocols, sizeof kProtocols,
                                             offered, offered_size);
  if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

std::shared_ptr<ssl::context> MakeTlsContext(const TlsServerOptions& options) {
  auto context = Bare(ssl::context::tls_server);
  SSL_CTX* native = context->native_handle();
  ::SSL_CTX_set_options(native, SSL_OP_CIPHER_SERVER_PREFERENCE);
  ::SSL_CTX_set_alpn_select_cb(native, ChooseProtocol, nullptr);
  // Without a name, clients with certificates could not come back to a session.
  ::SSL_CTX_set_session_id_context(native, kSessionName, sizeof kSessionName - 1);
  UseCertificate(*context, options.certificate, options.key);
  if (!options.client_ca.empty()) {
    Trust(*context, options.client_ca);
    context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  }
  return context;
}

std::shared_ptr<ssl::context> MakeTlsContext(const TlsClientOptions& options) {
  auto context = Bare(ssl::context::tls_client);
  if (options.ca.empty()) {
    context->set_default_verify_paths();
  } else {
    Trust(*context, options.ca);
  }
  if (!options.certificate.empty()) UseCertificate(*context, options.certificate, options.key);
  context->set_verify_mode(ssl::verify_peer);
  return context;
}

TlsContexts::TlsContexts(TlsServerOptions options)
    : options_(std::move(options)), seen_(Look()), current_(MakeTlsContext(options_)) {}

TlsContexts::Stamps TlsContexts::Look() const {
  Stamps stamps{};
  const std::array paths = {&options_.certificate, &options_.key, &options_.client_ca};
  for (size_t i = 0; i < paths.size(); ++i) {
    struct stat facts {};
    if (paths[i]->empty() || ::stat(paths[i]->c_str(), &facts) != 0) continue;
    stamps[i] = {static_cast<int64_t>(facts.st_dev), static_cast<int64_t>(facts.st_ino),
                 static_cast<int64_t>(facts.st_size),
                 facts.st_mtim.tv_sec * 1'000'000'000 + facts.st_mtim.tv_nsec};
  }
  return stamps;
}

bool TlsContexts::ReloadIfChanged() {
  // Before they are read: what changes meanwhile is then noticed the next time.
  const Stamps now = Look();
  if (now == seen_) return false;
  seen_ = now;
  try {
    current_ = MakeTlsContext(options_);
  } catch (const Error& error) {
    log::Warning("the new certificate is not used yet: {}", error.message());
    return false;
  }
  log::Write(log::Level::kInfo, "new connections get the new certificate");
  return true;
}

std::string PeerName(SSL* connection) {
  X509* certificate = ::SSL_get1_peer_certificate(connection);
  if (certificate == nullptr) return {};
  BIO* text = ::BIO_new(::BIO_s_mem());
  ::X509_NAME_print_ex(text, ::X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* bytes = nullptr;
  const long size = ::BIO_get_mem_data(text, &bytes);
  std::string name(bytes, static_cast<size_t>(size));
  ::BIO_free(text);
  ::X509_free(certificate);
  return name;
}

bool AgreedOnHttp2(SSL* connection) {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  ::SSL_get0_alpn_selected(connection, &name, &size);
  return size == 2 && name[0] == 'h' && name[1] == '2';
}

std::string HandshakeFailure(SSL* connection, const error_code& failure) {
  const long verdict = ::SSL_get_verify_result(connection);
  if (verdict == X509_V_OK) return failure.message();
  return fmt::format("{} ({})", failure.message(), ::X509_verify_cert_error_string(verdict));
}

}  // namespace keelrow::http
