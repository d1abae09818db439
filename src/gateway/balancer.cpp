#include "gateway/balancer.h"

#include <algorithm>

namespace keelrow::gateway {
namespace {

constexpr size_t kLatencies = 512;     // that the hedge's percentile is taken of
constexpr size_t kRenewEvery = 64;     // answers
constexpr double kUsualWeight = 0.05;  // of one answer in a backend's moving mean
constexpr int kAnswersMin = 50;        // before a backend is judged by its latency

}  // namespace

Balancer::Balancer(std::vector<std::string> names, BalancerOptions options)
    : options_(options), random_(options.seed, "balancer"), retries_(options.retry_burst) {
  for (std::string& name : names) {
    backends_.push_back({.name = std::move(name), .breaker = CircuitBreaker(options.breaker)});
  }
}

bool Balancer::MayTake(const Backend& backend, Time now) const {
  return backend.healthy && now >= backend.set_aside_until && backend.breaker.Allows(now);
}

int Balancer::Pick(Time now, const std::vector<int>& tried) {
  std::vector<int> free;
  std::vector<int> unhealthy;  // by the active check alone, which may be the one that errs
  for (int i = 0; i < static_cast<int>(backends_.size()); ++i) {
    if (std::ranges::find(tried, i) != tried.end()) continue;
    const Backend& backend = backends_[static_cast<size_t>(i)];
    if (MayTake(backend, now)) {
      free.push_back(i);
    } else if (backend.breaker.Allows(now)) {
      unhealthy.push_back(i);
    }
  }
  if (!free.empty()) return FewerOutstanding(free);
  return unhealthy.empty() ? kNone : FewerOutstanding(unhealthy);
}

int Balancer::FewerOutstanding(const std::vector<int>& among) {
  const size_t count = among.size();
  if (count == 1) return among[0];
  const size_t first = random_.Below(count);
  const size_t second = (first + 1 + random_.Below(count - 1)) % count;
  const auto outstanding = [&](size_t at) {
    return backends_[static_cast<size_t>(among[at])].outstanding;
  };
  return among[outstanding(second) < outstanding(first) ? second : first];
}

void Balancer::Begin(int backend, Time now) {
  Backend& taken = backends_[static_cast<size_t>(backend)];
  ++taken.outstanding;
  taken.breaker.Begin(now);
}

void Balancer::End(int backend, Time now, Result result, Time latency) {
  Backend& ended = backends_[static_cast<size_t>(backend)];
  --ended.outstanding;
  switch (result) {
    case Result::kAnswered:
      ended.breaker.Succeed(now);
      NoteLatency(ended, latency);
      return SetAsideIfSlow(ended, now);
    case Result::kFailed:
      return ended.breaker.Fail(now);
    case Result::kCancelled:
      return ended.breaker.Abandon(now);
  }
}

void Balancer::NoteLatency(Backend& backend, Time latency) {
  const double weight = backend.answers == 0 ? 1.0 : kUsualWeight;
  ++backend.answers;
  backend.usual += std::chrono::duration_cast<Time>((latency - backend.usual) * weight);
  if (latencies_.size() < kLatencies) {
    latencies_.push_back(latency);
  } else {
    latencies_[next_latency_] = latency;
  }
  next_latency_ = (next_latency_ + 1) % kLatencies;
  if (options_.hedge_after >= 1 || next_latency_ % kRenewEvery != 0) return;
  std::vector<Time> sorted = latencies_;
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(options_.hedge_after *
                                                               static_cast<double>(sorted.size()));
  std::ranges::nth_element(sorted, at);
  hedge_delay_ = *at;
}

/// Outlier ejection: much slower than the median of the others. At most one less than half of all
/// are set aside, so that a mistake never takes the service away.
void Balancer::SetAsideIfSlow(Backend& backend, Time now) {
  if (backend.answers < kAnswersMin || backend.usual < options_.slow_min) return;
  std::vector<Time> peers;
  size_t aside = 1;
  for (const Backend& other : backends_) {
    if (&other == &backend) continue;
    if (other.set_aside_until > now) ++aside;
    if (other.answers >= kAnswersMin && MayTake(other, now)) peers.push_back(other.usual);
  }
  if (peers.empty() || 2 * aside > backends_.size()) return;
  std::ranges::nth_element(peers, peers.begin() + static_cast<std::ptrdiff_t>(peers.size() / 2));
  const Time median = peers[peers.size() / 2];
  if (backend.usual < std::chrono::duration_cast<Time>(median * options_.slow_factor)) return;
  backend.set_aside_until = now + options_.set_aside_for;
  backend.answers = 0;  // judged anew when it comes back
}

void Balancer::SetHealthy(int backend, bool healthy) {
  backends_[static_cast<size_t>(backend)].healthy = healthy;
}

void Balancer::PayRetries() {
  retries_ = std::min(retries_ + options_.retry_share, options_.retry_burst);
}

bool Balancer::TakeRetry() {
  if (retries_ < 1) return false;
  retries_ -= 1;
  return true;
}

Balancer::Time Balancer::HedgeDelay() const {
  return backends_.size() > 1 ? hedge_delay_ : Time{0};
}

std::vector<Balancer::View> Balancer::Views(Time now) const {
  std::vector<View> views;
  for (const Backend& backend : backends_) {
    views.push_back({.name = backend.name,
                     .breaker = backend.breaker.StateAt(now),
                     .healthy = backend.healthy,
                     .set_aside = backend.set_aside_until > now,
                     .outstanding = backend.outstanding});
  }
  return views;
}

bool Balancer::Available(Time now) const {
  return std::ranges::any_of(backends_,
                             [&](const Backend& backend) { return MayTake(backend, now); });
}

}  // namespace keelrow::gateway
