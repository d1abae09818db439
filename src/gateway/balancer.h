#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "gateway/circuit_breaker.h"

namespace keelrow::gateway {

struct BalancerOptions {
  BreakerOptions breaker = {};
  /// A backend is set aside when its usual latency is so many times that of its peers …
  double slow_factor = 4;
  std::chrono::nanoseconds slow_min = std::chrono::milliseconds(20);  // … and above this
  std::chrono::nanoseconds set_aside_for = std::chrono::seconds(10);
  /// What retries and hedges may add: a share of the requests, and some at once after a pause.
  double retry_share = 0.2;
  double retry_burst = 100;
  /// A second backend is asked when this share of answers would have come; 1: never.
  double hedge_after = 0.95;
  uint64_t seed = 1;  // of the choice between backends
};

/// Which backend answers next, and which must not. Knows nothing of sockets: the Forwarder tells it
/// what began and how it ended. Of two backends drawn at random the one with fewer requests under
/// way is taken (power of two choices): near the best, without a herd to whoever seems idle. One
/// thread; time is given.
class Balancer {
 public:
  using Time = std::chrono::nanoseconds;

  explicit Balancer(std::vector<std::string> names, BalancerOptions options = {});

  static constexpr int kNone = -1;
  /// A backend that may be asked now, other than those in `tried`; kNone when there is none.
  int Pick(Time now, const std::vector<int>& tried);

  void Begin(int backend, Time now);
  enum class Result { kAnswered, kFailed, kCancelled };
  /// `latency` counts for what was answered.
  void End(int backend, Time now, Result result, Time latency = Time{0});

  /// What an active check found.
  void SetHealthy(int backend, bool healthy);

  /// Every request pays in, every retry and hedge takes out; false: it must not be made.
  void PayRetries();
  bool TakeRetry();
  /// How long to wait for an answer before another backend is asked too; zero: do not.
  Time HedgeDelay() const;

  struct View {
    const std::string& name;
    CircuitBreaker::State breaker;
    bool healthy;
    bool set_aside;
    int outstanding;
  };
  std::vector<View> Views(Time now) const;
  bool Available(Time now) const;

 private:
  struct Backend {
    std::string name;
    CircuitBreaker breaker;
    bool healthy = true;
    int outstanding = 0;
    Time usual{0};  // moving mean of latencies
    int answers = 0;
    Time set_aside_until{0};
  };

  bool MayTake(const Backend& backend, Time now) const;
  int FewerOutstanding(const std::vector<int>& among);
  void NoteLatency(Backend& backend, Time latency);
  void SetAsideIfSlow(Backend& backend, Time now);

  const BalancerOptions options_;
  std::vector<Backend> backends_;
  Random random_;
  double retries_;
  std::vector<Time> latencies_;  // of the last answers, a ring
  size_t next_latency_ = 0;
  Time hedge_delay_{0};
};

}  // namespace keelrow::gateway
