#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/expected.h"
#include "http/client.h"

namespace keelrow::http {

/// One thread for any number of AsyncClients, with timers. Whatever runs on it must not block.
/// The destructor ends what is under way (with kInterrupted) and must not run on that thread.
class ClientLoop {
 public:
  ClientLoop();
  ~ClientLoop();
  ClientLoop(const ClientLoop&) = delete;

  /// Runs `work` on the loop's thread; from any thread.
  void Post(std::function<void()> work);

  using Timer = std::pair<std::chrono::steady_clock::time_point, uint64_t>;
  /// Runs `work` at that time, unless it is cancelled before or the loop ends. On the loop's
  /// thread.
  Timer At(std::chrono::steady_clock::time_point when, std::function<void()> work);
  void Cancel(const Timer& timer);

 private:
  friend class AsyncClient;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

struct AsyncClientOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 80;
  std::chrono::milliseconds connect_timeout{1'000};
  std::chrono::milliseconds idle_timeout{30'000};  // of a kept connection
  size_t idle_max = 64;                            // connections kept
  size_t response_bytes_max = size_t{64} << 20;
  std::optional<TlsClientOptions> tls = {};  // empty: plain HTTP

  /// Host, port, and TLS for https.
  static AsyncClientOptions To(const Url& url);
};

/// How far an exchange came before it ended. It decides whether asking again can do harm.
enum class Progress { kNotSent, kSent, kAnswering };

struct AsyncOutcome {
  Expected<Response> response;  // kIo, kTimeout, kTooLarge, kBadRequest, kInterrupted
  Progress progress;
  bool kept_connection;  // one that the server may have closed before it saw the request
};

/// Keep-alive connections to one server, as many as there are requests at once. Nothing blocks and
/// nothing is repeated: whoever asks knows what may be. All methods on the loop's thread.
class AsyncClient {
 public:
  /// Reads the certificates, if any: throws as they may (tls.h's files: kNotFound, kBadValue).
  AsyncClient(ClientLoop& loop, AsyncClientOptions options);
  ~AsyncClient();  // what is under way goes on
  AsyncClient(const AsyncClient&) = delete;

  using Done = std::function<void(AsyncOutcome)>;
  class Call;
  /// `done` is called once, on the loop's thread, by `deadline` at the latest.
  std::shared_ptr<Call> Send(const ClientRequest& request,
                             std::chrono::steady_clock::time_point deadline, Done done);
  /// Ends a call whose answer nobody needs any more: `done` gets kInterrupted, unless it had been
  /// called before.
  static void Cancel(Call& call);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace keelrow::http
