#pragma once

#include <chrono>
#include <filesystem>
#include <string>

namespace keelrow::http {

/// TLS 1.2 and 1.3, with forward secrecy and authenticated ciphers only. Files are PEM.

struct TlsServerOptions {
  std::filesystem::path certificate;     // ours, then those that signed it
  std::filesystem::path key;             // without a password
  std::filesystem::path client_ca = {};  // not empty: only clients with a certificate of these
  std::chrono::milliseconds handshake_timeout{10'000};  // then closed
  /// How often the files are looked at. New ones serve the connections that come after; ones that
  /// cannot be used are reported in the log and the old stay.
  std::chrono::milliseconds reload_every{1'000};
};

struct TlsClientOptions {
  std::filesystem::path ca = {};           // empty: the system's
  std::filesystem::path certificate = {};  // ours, where the server asks for one
  std::filesystem::path key = {};
  std::string server_name = {};  // that the server's certificate must carry; empty: the host
};

}  // namespace keelrow::http
