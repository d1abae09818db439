#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/router.h"
#include "http/tls.h"

namespace keelrow::http {

/// What one client may take from the server. Every wait ends. Bodies count as they are when their
/// Content-Encoding is undone.
struct Limits {
  size_t header_bytes_max = size_t{16} << 10;           // above: 431
  size_t body_bytes_max = size_t{16} << 20;             // above: 413
  size_t bodies_bytes_max = size_t{256} << 20;          // all at once, and room for one; then 503
  size_t inflate_ratio_max = 200;                       // of a body above 1 MiB; above: 413
  std::chrono::milliseconds header_timeout{10'000};     // from the first byte; then 408
  std::chrono::milliseconds body_timeout{10'000};       // plus the time the rate below allows
  size_t body_bytes_per_second_min = size_t{64} << 10;  // slower than that: 408
  std::chrono::milliseconds idle_timeout{60'000};       // between requests; then closed
  std::chrono::milliseconds handler_timeout{60'000};    // then 504
  std::chrono::milliseconds write_timeout{30'000};      // a client that does not read
  size_t connections_max = 4096;                        // above: 503 and closed
  size_t queue_max = 256;                               // waiting for a worker; above: 503
  size_t streams_max = 128;                             // of one HTTP/2 connection at once
  std::chrono::milliseconds stream_idle_timeout{600'000};  // between two messages of one stream
};

struct ServerOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 0;  // 0: any free one
  int io_threads = 1;
  int worker_threads = 2;
  bool busy_poll = false;  // see patience.h
  Limits limits = {};
  std::optional<TlsServerOptions> tls = {};  // empty: plain HTTP
  /// Called on an IO thread for what never became a request (400, 408, 413, 431 …); for metrics.
  std::function<void(int status, const std::string& remote)> on_refused = {};
};

/// A snapshot, for metrics.
struct ServerLoad {
  size_t connections = 0;
  size_t queued = 0;  // requests waiting for a worker
};

/// An HTTP/1.1 server: keep-alive, pipelining, chunked bodies, Expect: 100-continue, HEAD. Bodies
/// that come as gzip or deflate are decompressed before a handler sees them. On the same port
/// HTTP/2, for who opens with its preface or agrees on it in TLS, and gRPC over it (grpc.h).
/// A connection belongs to one IO thread for its whole life, so nothing in it is locked; handlers
/// answer from wherever they like through their Reply. All methods from one thread, Load from any.
class Server {
 public:
  Server(ServerOptions options, Router router);
  ~Server();  // Stop without a drain
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Binds, then listens in the background. Throws kPortInUse, kPermission, kBadValue (host, or a
  /// certificate that is none), kNotFound.
  void Start();
  uint16_t Port() const;
  const std::string& Host() const;

  /// Accepts no more, closes idle connections, lets requests in flight finish until `drain` has
  /// passed, then closes everything. Returns true when nothing had to be cut off.
  bool Stop(std::chrono::milliseconds drain = std::chrono::milliseconds(0));

  ServerLoad Load() const;

  /// Runs a job on the workers, from any thread; false when too many wait, or the server has
  /// stopped.
  bool Post(std::function<void()> job);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace keelrow::http
