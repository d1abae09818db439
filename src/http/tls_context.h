#pragma once

// Private to http/, like shard.h: shows Asio's TLS.

#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl.hpp>
#include <cstdint>
#include <memory>

#include "http/tls.h"

namespace keelrow::http {

/// Both throw kNotFound, kPermission for a file that cannot be read, and kBadValue for one that
/// is not what it should be, or a key of another certificate.
std::shared_ptr<boost::asio::ssl::context> MakeTlsContext(const TlsServerOptions& options);
std::shared_ptr<boost::asio::ssl::context> MakeTlsContext(const TlsClientOptions& options);

/// The certificates that new connections get, renewed when the files change. A connection that has
/// begun keeps what it began with. One thread at a time.
class TlsContexts {
 public:
  explicit TlsContexts(TlsServerOptions options);

  boost::asio::ssl::context& Current() { return *current_; }
  const TlsServerOptions& options() const { return options_; }

  /// Looks at the files; true when other ones are used from now on.
  bool ReloadIfChanged();

 private:
  using Stamp = std::array<int64_t, 4>;  // device, inode, size, time of the last change
  using Stamps = std::array<Stamp, 3>;
  Stamps Look() const;

  TlsServerOptions options_;
  Stamps seen_;
  std::shared_ptr<boost::asio::ssl::context> current_;
};

/// "CN=worker-7,O=Example" of the client's verified certificate; empty without one.
std::string PeerName(SSL* connection);

/// The server must have a certificate with that name, and is told which name is asked for.
template <class Stream>
void PrepareHandshake(Stream& tls, const std::string& name) {
  boost::system::error_code is_name;
  boost::asio::ip::make_address(name, is_name);
  // RFC 6066: the name that is asked for is never an address.
  if (is_name) SSL_set_tlsext_host_name(tls.native_handle(), name.c_str());
  tls.set_verify_callback(boost::asio::ssl::host_name_verification(name));
}

/// Whether both sides chose HTTP/2 (ALPN).
bool AgreedOnHttp2(SSL* connection);

/// Why a handshake failed, as a person can act on it.
std::string HandshakeFailure(SSL* connection, const boost::system::error_code& failure);

}  // namespace keelrow::http
