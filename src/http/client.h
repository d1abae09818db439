#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/message.h"
#include "http/tls.h"
#include "http/url.h"

namespace keelrow::http {

struct ClientOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 80;
  /// Where to connect to, tried in this order, instead of finding `host`; empty: it is found.
  std::vector<std::string> addresses = {};
  std::chrono::milliseconds timeout{30'000};  // for a whole exchange, connecting included
  size_t response_bytes_max = size_t{64} << 20;
  std::optional<TlsClientOptions> tls = {};  // empty: plain HTTP

  /// Host, port, and TLS for https.
  static ClientOptions To(const Url& url);
};

struct ClientRequest {
  std::string method = "GET";
  std::string target = "/";  // already percent-encoded
  Headers headers = {};
  std::string body = {};
};

/// One keep-alive connection to one server; blocks, one thread at a time. A connection that the
/// server closed meanwhile is opened anew: before the request was sent at all, or, for a method
/// that may be repeated (RFC 9110 section 9.2.2), when no byte of an answer had come.
class Client {
 public:
  /// Reads the certificates, if any: throws as they may (tls.h's files: kNotFound, kBadValue).
  explicit Client(ClientOptions options);
  ~Client();
  Client(Client&& other) noexcept;
  Client& operator=(Client&&) = delete;

  /// Any status is an answer. Throws kIo (no connection, no TLS, or it broke), kTimeout, kTooLarge,
  /// kBadRequest (what came is not HTTP, or `request` would not be).
  Response Send(const ClientRequest& request);

  Response Get(std::string target, Headers headers = {});
  Response Post(std::string target, std::string body, Headers headers = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace keelrow::http
