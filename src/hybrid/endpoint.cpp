#include "hybrid/endpoint.h"

#include <array>

#include "base/log.h"
#include "gateway/circuit_breaker.h"
#include "hybrid/endpoint_request.h"

namespace keelrow::hybrid {
namespace {

using Clock = std::chrono::steady_clock;
using gateway::CircuitBreaker;

constexpr size_t kAnswerBytesMax = size_t{64} << 20;

/// The endpoint's own trouble, or ours with it; not the client's.
bool IsFailure(int status) {
  constexpr std::array kOfNoClient = {401, 403, 404, 408, 429};
  return status >= 500 || status < 200 ||
         std::ranges::find(kOfNoClient, status) != kOfNoClient.end();
}

/// An answer that says nothing of the endpoint's health: who invents names of models must not
/// close it for everybody.
bool IsOfThisRequest(int status) {
  return status == 404 || status == 408;
}

Asked NotAsked(std::string_view result, std::string message) {
  return {.result = result, .response = Error(Code::kOverloaded, std::move(message))};
}

}  // namespace

/// All on the loop's thread, but the options.
struct Endpoint::State : std::enable_shared_from_this<Endpoint::State> {
  State(http::ClientLoop& loop, EndpointOptions given)
      : options(std::move(given)), client(loop, ClientOptionsOf(options)) {}

  static http::AsyncClientOptions ClientOptionsOf(const EndpointOptions& options) {
    http::AsyncClientOptions client = http::AsyncClientOptions::To(options.url);
    client.connect_timeout = options.timeout;
    client.idle_max = static_cast<size_t>(options.concurrency);
    client.response_bytes_max = kAnswerBytesMax;
    if (client.tls) client.tls->ca = options.ca;
    return client;
  }

  void Ask(http::ClientRequest request, Clock::time_point deadline, Done done) {
    const auto now = Clock::now();
    if (under_way >= options.concurrency) {
      return done(NotAsked("busy", "the endpoint has as many requests as it may"));
    }
    if (!breaker.Allows(now.time_since_epoch())) {
      return done(NotAsked("open", "the endpoint failed lately"));
    }
    if (const auto fault = options.authorize(request, options.url.Authority())) {
      log::Warning("the endpoint {} is not asked: {}", options.name, fault->message());
      return done({.result = "secret", .response = *fault});
    }
    std::optional<Budget::Taken> taken;
    if (options.budget && !(taken = options.budget->Take(options.cost))) {
      return done(NotAsked("budget", "the endpoint's budget is spent"));
    }
    ++under_way;
    breaker.Begin(now.time_since_epoch());
    client.Send(request, std::min(deadline, now + options.timeout),
                [self = shared_from_this(), taken, done = std::move(done)](
                    http::AsyncOutcome outcome) { done(self->Ended(std::move(outcome), taken)); });
  }

  Asked Ended(http::AsyncOutcome outcome, const std::optional<Budget::Taken>& taken) {
    --under_way;
    const auto now = Clock::now().time_since_epoch();
    const bool unclear = outcome.response.ok()
                             ? IsOfThisRequest(outcome.response->status)
                             : outcome.response.error().code() == Code::kInterrupted;
    const bool answered = outcome.response.ok() && !IsFailure(outcome.response->status);
    if (unclear) {
      breaker.Abandon(now);
    } else if (answered) {
      breaker.Succeed(now);
    } else {
      breaker.Fail(now);
    }
    // What was not sent costs nothing; what failed on the way may have been charged.
    const bool free = outcome.progress == http::Progress::kNotSent;
    if (free && taken) options.budget->PutBack(*taken);
    Asked asked{.result = "answered",
                .response = std::move(outcome.response),
                .cost = free ? 0 : options.cost};
    if (answered) {
      asked.response = AnswerOf(std::move(*asked.response), options.name);
    } else {
      asked = Failed(std::move(asked));
    }
    return asked;
  }

  /// What it was stays in our log: an endpoint's errors may name what is no client's business.
  Asked Failed(Asked asked) const {
    const bool late = !asked.response.ok() && asked.response.error().code() == Code::kTimeout;
    const std::string why = asked.response.ok() ? fmt::format("status {}", asked.response->status)
                                                : asked.response.error().message();
    log::Warning("the endpoint {} did not answer: {}", options.name, why);
    asked.result = late ? "timeout" : "failed";
    if (asked.response.ok()) asked.response = Error(Code::kIo, "the endpoint failed");
    return asked;
  }

  const EndpointOptions options;
  http::AsyncClient client;
  CircuitBreaker breaker;
  int under_way = 0;
};

Endpoint::Endpoint(http::ClientLoop& loop, EndpointOptions options)
    : loop_(loop), state_(std::make_shared<State>(loop, std::move(options))) {}
Endpoint::~Endpoint() = default;

const EndpointOptions& Endpoint::options() const {
  return state_->options;
}

bool Endpoint::Speaks(const http::Request& request) const {
  return CanBeSent(state_->options.protocol, request);
}

void Endpoint::Ask(const http::Request& request, std::string_view model, Clock::time_point deadline,
                   Done done) {
  loop_.Post([state = state_, sent = RequestTo(state_->options, request, model), deadline,
              done = std::move(done)]() mutable {
    state->Ask(std::move(sent), deadline, std::move(done));
  });
}

}  // namespace keelrow::hybrid
