#include "gateway/forwarder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/log.h"
#include "gateway/forwarded_message.h"
#include "http/client_wire.h"

namespace keelrow::gateway {
namespace {

using Clock = std::chrono::steady_clock;
using Result = Balancer::Result;

constexpr int kChecksFailedMax = 2;  // in a row; then a backend is unhealthy

Balancer::Time TimeOf(Clock::time_point when) {
  return when.time_since_epoch();
}
Balancer::Time Now() {
  return TimeOf(Clock::now());
}

http::Response NoBackend() {
  return http::Response::FromError(
      Error(Code::kOverloaded, "no backend can take the request at present"));
}

http::Response Late() {
  return http::Response::FromError(Error(Code::kTimeout, "no backend answered in time"));
}

/// A failed attempt as the client sees it. Which backend it was and why stays in our log.
http::Response FailureOf(const Error& error) {
  if (error.code() == Code::kTimeout) return Late();
  if (error.code() == Code::kInterrupted) return NoBackend();
  return BadGateway("the backend failed while it answered; the request may have been carried out");
}

}  // namespace

std::string BackendAddress::Name() const {
  return fmt::format("{}:{}", host, port);
}

Expected<BackendAddress> ParseBackend(const std::string& text) {
  constexpr std::string_view kScheme = "http://";
  std::string_view rest = text;
  if (rest.starts_with(kScheme)) rest.remove_prefix(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const size_t colon = rest.rfind(':');
  const std::string_view number = colon == rest.npos ? "" : rest.substr(colon + 1);
  BackendAddress address{.host = std::string(rest.substr(0, colon))};
  const auto [end, failure] =
      std::from_chars(number.data(), number.data() + number.size(), address.port);
  const bool right = failure == std::errc() && end == number.data() + number.size() &&
                     address.port != 0 && !address.host.empty() &&
                     address.host.find_first_of("/@?# \t\r\n") == std::string::npos;
  if (right) return address;
  return Error(Code::kBadValue, fmt::format("`{}` is not the address of a backend", text),
               {.hint = "http://127.0.0.1:8081"});
}

/// What lives on the loop's thread.
struct Forwarder::Core : std::enable_shared_from_this<Forwarder::Core> {
  explicit Core(ForwarderOptions given)
      : options(std::move(given)), balancer(Names(options.backends), options.balancer) {
    for (const BackendAddress& backend : options.backends) {
      clients.push_back(std::make_unique<http::AsyncClient>(
          loop, http::AsyncClientOptions{.host = backend.host,
                                         .port = backend.port,
                                         .connect_timeout = options.connect_timeout,
                                         .idle_max = options.connections_kept}));
    }
    checks_failed.resize(clients.size());
    Publish();
    loop.Post([this] { CheckHealth(); });
  }

  static std::vector<std::string> Names(const std::vector<BackendAddress>& backends) {
    std::vector<std::string> names;
    for (const BackendAddress& backend : backends) names.push_back(backend.Name());
    return names;
  }

  void CheckHealth() {
    const auto deadline = Clock::now() + options.health_timeout;
    for (size_t i = 0; i < clients.size(); ++i) {
      clients[i]->Send({.target = options.health_path}, deadline,
                       [this, i](const http::AsyncOutcome& outcome) { NoteHealth(i, outcome); });
    }
    Publish();
    loop.At(Clock::now() + options.health_every, [this] { CheckHealth(); });
  }

  void NoteHealth(size_t backend, const http::AsyncOutcome& outcome) {
    const bool good = outcome.response.ok() && outcome.response->status / 100 == 2;
    const bool refuses = outcome.response.ok() && !good;
    int& failed = checks_failed[backend];
    const bool was_healthy = failed < kChecksFailedMax;
    if (good) failed = 0;
    if (!good) failed = refuses ? kChecksFailedMax : std::min(failed + 1, kChecksFailedMax);
    const bool healthy = failed < kChecksFailedMax;
    balancer.SetHealthy(static_cast<int>(backend), healthy);
    if (healthy == was_healthy) return;
    log::Info("backend {} is {}", options.backends[backend].Name(), healthy ? "well" : "unwell");
    Publish();
  }

  void Publish() {
    const auto now = Now();
    std::vector<BackendView> copies;
    for (const Balancer::View& view : balancer.Views(now)) {
      copies.push_back({.name = view.name,
                        .breaker = view.breaker,
                        .healthy = view.healthy,
                        .set_aside = view.set_aside,
                        .outstanding = view.outstanding});
    }
    const std::lock_guard lock(mutex);
    views.swap(copies);
    available = balancer.Available(now);
  }

  const ForwarderOptions options;
  Balancer balancer;
  std::vector<std::unique_ptr<http::AsyncClient>> clients;
  std::vector<int> checks_failed;
  mutable std::mutex mutex;  // of the two below
  std::vector<BackendView> views;
  bool available = true;
  http::ClientLoop loop;  // last: it ends before what it uses
};

/// One request on its way. It keeps itself alive through the calls and timers that know it.
class Forwarder::Exchange : public std::enable_shared_from_this<Forwarder::Exchange> {
 public:
  Exchange(Core& core, const http::Request& request, http::Reply reply, Repeat repeat)
      : core_(core),
        request_(ForwardedRequest(request)),
        reply_(std::move(reply)),
        deadline_(request.deadline),
        idempotent_(http::IsIdempotent(request.method)),
        repeatable_(idempotent_ || repeat == Repeat::kUnanswered) {}

  void Start() {
    core_.balancer.PayRetries();
    if (!Try("first")) return Answer(Clock::now() >= deadline_ ? Late() : NoBackend());
    const Balancer::Time delay = core_.balancer.HedgeDelay();
    if (!repeatable_ || delay == Balancer::Time{0}) return;
    hedge_ = core_.loop.At(Clock::now() + delay, [self = shared_from_this()] { self->Hedge(); });
  }

 private:
  struct Attempt {
    int backend;
    std::string_view why;
    Clock::time_point began;
    Clock::time_point deadline;
    std::shared_ptr<http::AsyncClient::Call> call = nullptr;
  };

  /// Asks a backend that was not asked yet; false when there is none.
  bool Try(std::string_view why) {
    const auto now = Clock::now();
    const int backend = core_.balancer.Pick(TimeOf(now), tried_);
    if (backend == Balancer::kNone || now >= deadline_) return false;
    tried_.push_back(backend);
    core_.balancer.Begin(backend, TimeOf(now));
    const auto attempt = std::make_shared<Attempt>(
        Attempt{.backend = backend,
                .why = why,
                .began = now,
                .deadline = std::min(deadline_, now + core_.options.attempt_timeout)});
    SetTimeLeft(request_, std::chrono::floor<std::chrono::milliseconds>(attempt->deadline - now));
    ++under_way_;
    attempts_.push_back(attempt);
    attempt->call = core_.clients[static_cast<size_t>(backend)]->Send(
        request_, attempt->deadline,
        [self = shared_from_this(), attempt](http::AsyncOutcome outcome) {
          self->Ended(*attempt, std::move(outcome));
        });
    return true;
  }

  void Hedge() {
    hedge_.reset();
    if (!reply_ || under_way_ != 1 || TriedEnough() || !core_.balancer.TakeRetry()) return;
    Try("hedge");
  }

  void Ended(Attempt& attempt, http::AsyncOutcome outcome) {
    --under_way_;
    attempt.call = nullptr;
    Note(attempt, outcome);
    sent_ = sent_ || outcome.response.ok() || outcome.progress != http::Progress::kNotSent;
    if (!reply_) return;
    const bool answered = outcome.response.ok() && !MayBeRefusal(outcome.response->status);
    if (answered) return Answer(ForwardedResponse(std::move(*outcome.response)));
    if (under_way_ > 0) return;  // the other one may still answer
    if (MayRepeat(outcome) && !TriedEnough() && core_.balancer.TakeRetry() && Try("retry")) return;
    if (outcome.response.ok()) return Answer(ForwardedResponse(std::move(*outcome.response)));
    if (Clock::now() >= deadline_) return Answer(Late());
    // Where nothing was sent nothing was done: ask again, when a backend is there.
    Answer(sent_ ? FailureOf(outcome.response.error()) : NoBackend());
  }

  static bool MayBeRefusal(int status) { return status == 502 || status == 503 || status == 504; }
  bool TriedEnough() const { return static_cast<int>(tried_.size()) >= core_.options.attempts_max; }

  bool MayRepeat(const http::AsyncOutcome& outcome) const {
    if (outcome.response.ok()) return repeatable_ && outcome.response->status == 503;
    if (outcome.response.error().code() == Code::kInterrupted) return false;
    switch (outcome.progress) {
      case http::Progress::kNotSent:
        return true;
      case http::Progress::kSent:
        return repeatable_;
      case http::Progress::kAnswering:
        return idempotent_;
    }
    return false;
  }

  /// What an attempt says about its backend. A 500 may be the request's fault, a 503 is overload,
  /// and a client's own short deadline is nobody's: none of them may take a backend from the
  /// others.
  void Note(const Attempt& attempt, const http::AsyncOutcome& outcome) {
    const auto now = Clock::now();
    Result result = Result::kAnswered;
    std::string_view name = "answered";
    if (outcome.response.ok() && outcome.response->status == 503) {
      result = Result::kCancelled;
      name = "refused";
    } else if (outcome.response.ok() && MayBeRefusal(outcome.response->status)) {
      result = Result::kFailed;
    } else if (!outcome.response.ok()) {
      const Code code = outcome.response.error().code();
      const bool impatient = code == Code::kTimeout && attempt.deadline == deadline_ &&
                             outcome.progress != http::Progress::kNotSent;
      result = code == Code::kInterrupted || impatient ? Result::kCancelled : Result::kFailed;
    }
    if (result == Result::kFailed) name = "failed";
    if (result == Result::kCancelled && name == "answered") name = "cancelled";
    core_.balancer.End(attempt.backend, TimeOf(now), result, now - attempt.began);
    const std::string backend = core_.options.backends[static_cast<size_t>(attempt.backend)].Name();
    core_.options.on_attempt({.backend = backend, .result = name, .why = attempt.why});
  }

  void Answer(http::Response response) {
    if (hedge_) core_.loop.Cancel(*hedge_);
    hedge_.reset();
    http::Reply reply = std::move(*reply_);
    reply_.reset();
    for (const auto& attempt : attempts_) {
      if (attempt->call) http::AsyncClient::Cancel(*attempt->call);
    }
    attempts_.clear();
    reply(std::move(response));
  }

  Core& core_;
  http::ClientRequest request_;
  std::optional<http::Reply> reply_;  // empty: answered
  const Clock::time_point deadline_;
  const bool idempotent_;
  const bool repeatable_;
  std::vector<int> tried_;
  std::vector<std::shared_ptr<Attempt>> attempts_;
  std::optional<http::ClientLoop::Timer> hedge_;
  int under_way_ = 0;
  bool sent_ = false;  // to a backend, which may have begun
};

Forwarder::Forwarder(ForwarderOptions options)
    : core_(std::make_shared<Core>(std::move(options))) {}
Forwarder::~Forwarder() = default;

http::Handler Forwarder::Handler(Repeat repeat) {
  return [this, repeat](const http::Request& request, http::Reply reply) {
    const auto exchange = std::make_shared<Exchange>(*core_, request, std::move(reply), repeat);
    core_->loop.Post([exchange] { exchange->Start(); });
  };
}

std::vector<BackendView> Forwarder::Views() const {
  const std::lock_guard lock(core_->mutex);
  return core_->views;
}

bool Forwarder::Available() const {
  const std::lock_guard lock(core_->mutex);
  return core_->available;
}

}  // namespace keelrow::gateway
