#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gateway/balancer.h"
#include "http/async_client.h"
#include "http/router.h"

namespace keelrow::gateway {

struct BackendAddress {
  std::string host;
  uint16_t port = 0;

  std::string Name() const;  // "127.0.0.1:8081"
};

/// "http://HOST:PORT" or "HOST:PORT"; else kBadValue.
Expected<BackendAddress> ParseBackend(const std::string& text);

/// What became of one attempt, for metrics: labels of few values.
struct Attempted {
  const std::string& backend;
  std::string_view result;  // "answered", "failed", "refused" (503), "cancelled"
  std::string_view why;     // "first", "retry", "hedge"
};

struct ForwarderOptions {
  std::vector<BackendAddress> backends;
  BalancerOptions balancer = {};
  int attempts_max = 3;  // of one request, the first and hedges included
  std::chrono::milliseconds attempt_timeout{30'000};
  std::chrono::milliseconds connect_timeout{1'000};
  size_t connections_kept = 256;  // to each backend
  std::string health_path = "/readyz";
  std::chrono::milliseconds health_every{1'000};
  std::chrono::milliseconds health_timeout{1'000};
  std::function<void(const Attempted&)> on_attempt = [](const Attempted&) {};  // the loop's thread
};

struct BackendView {
  std::string name;
  CircuitBreaker::State breaker = CircuitBreaker::State::kClosed;
  bool healthy = true;
  bool set_aside = false;
  int outstanding = 0;
};

/// Sends requests on to backends, over kept connections, and their answers back. An attempt that
/// failed is repeated on another backend where that can do no harm:
///
///   nothing was sent                           always
///   sent, and no byte of an answer came        idempotent methods, and routes that say so
///   a part of the answer came                  idempotent methods
///   503: the backend did not begin             idempotent methods, and routes that say so
///
/// under a budget, so that a failing service is not asked even more. A slow answer is hedged: a
/// second backend is asked too, and the first answer counts. One thread does all of it, without
/// blocking; Handler and Views may be used from any.
class Forwarder {
 public:
  explicit Forwarder(ForwarderOptions options);
  ~Forwarder();  // what is under way is answered 503
  Forwarder(const Forwarder&) = delete;

  enum class Repeat { kIdempotentOnly, kUnanswered };
  /// For http::RunOn::kIo: it only hands the request over. The forwarder outlives its use.
  http::Handler Handler(Repeat repeat);

  /// As of the last health check.
  std::vector<BackendView> Views() const;
  /// Whether a backend would be asked, as of then.
  bool Available() const;

 private:
  struct Core;
  class Exchange;

  std::shared_ptr<Core> core_;
};

}  // namespace keelrow::gateway
