#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "http/async_client.h"
#include "http/url.h"
#include "hybrid/budget.h"
#include "hybrid/secrets.h"

namespace keelrow::hybrid {

/// What an endpoint speaks.
enum class Protocol {
  kKeelrow,        // all that we do: the request's own path
  kOpenInference,  // /v2/models/MODEL/infer
  kSageMaker,      // /endpoints/MODEL/invocations, any body that its container takes
  kOpenAi,         // /chat/completions and the like, the model in the body
};

struct EndpointOptions {
  std::string name;
  Protocol protocol = Protocol::kKeelrow;
  http::Url url;            // where its paths begin
  std::string model = {};   // its name there; empty: as here
  std::string region = {};  // where the data go
  Authorize authorize = NoSecret();
  std::chrono::milliseconds timeout{5'000};
  int concurrency = 32;                      // requests at once
  double cost = 0;                           // of one request
  std::shared_ptr<Budget> budget = nullptr;  // null: no bound
  std::filesystem::path ca = {};             // whose certificates are trusted; empty: the system's
};

/// How asking an endpoint ended.
struct Asked {
  /// "answered"; "failed", "timeout": it was asked in vain; "busy", "open", "budget", "secret": it
  /// was not asked, for its concurrency, its circuit breaker, its budget, or want of a secret.
  std::string_view result;
  Expected<http::Response> response;
  double cost = 0;
};

/// A model service that is not ours, over HTTPS. What goes there is the body and what says how to
/// read it: never a client's token, address or other header. Failures open a circuit breaker.
/// A status that says "not with you" or "not now" (401, 403, 404, 408, 429, 5xx) is a failure;
/// other answers are the client's. Any thread.
class Endpoint {
 public:
  Endpoint(http::ClientLoop& loop, EndpointOptions options);
  ~Endpoint();  // what is under way goes on
  Endpoint(const Endpoint&) = delete;

  const EndpointOptions& options() const;
  /// Whether it speaks the protocol of that request.
  bool Speaks(const http::Request& request) const;

  using Done = std::function<void(Asked)>;
  /// `done` is called once, on the loop's thread, by `deadline` at the latest. `model` is the name
  /// here. The request is read before this returns.
  void Ask(const http::Request& request, std::string_view model,
           std::chrono::steady_clock::time_point deadline, Done done);

 private:
  struct State;
  http::ClientLoop& loop_;
  std::shared_ptr<State> state_;
};

}  // namespace keelrow::hybrid
