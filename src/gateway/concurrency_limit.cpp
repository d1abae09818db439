#include "gateway/concurrency_limit.h"

#include <algorithm>

#include "gateway/counted.h"

namespace keelrow::gateway {
namespace {

constexpr double kGrowth = 0.1;       // of the limit in a good window, at least one
constexpr double kCutMost = 0.5;      // in one window
constexpr double kUsed = 0.5;         // of the limit: below, good latency says nothing about it
constexpr double kProbeShare = 0.75;  // of what keeps the service busy
constexpr double kProbeAge = 0.8;     // of what is remembered
constexpr int kHorizonWindows = 20;   // at least; else a slow service would do little but probe

double Ratio(std::chrono::nanoseconds a, std::chrono::nanoseconds b) {
  return static_cast<double>(a.count()) / static_cast<double>(std::max<int64_t>(b.count(), 1));
}

std::chrono::nanoseconds Scaled(std::chrono::nanoseconds time, double by) {
  return std::chrono::nanoseconds(static_cast<int64_t>(static_cast<double>(time.count()) * by));
}

}  // namespace

ConcurrencyLimit::ConcurrencyLimit(ConcurrencyOptions options)
    : options_(options),
      limit_(std::clamp(options.initial, options.min, options.max)),
      wanted_(limit_.load()) {}

bool ConcurrencyLimit::TryEnter() {
  const int inside = inside_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (inside > limit_.load(std::memory_order_relaxed)) {
    inside_.fetch_sub(1, std::memory_order_relaxed);
    refused_.store(true, std::memory_order_relaxed);
    return false;
  }
  int most = most_inside_.load(std::memory_order_relaxed);
  while (most < inside &&
         !most_inside_.compare_exchange_weak(most, inside, std::memory_order_relaxed)) {
  }
  return true;
}

void ConcurrencyLimit::Leave(const Visit& visit) {
  inside_.fetch_sub(1, std::memory_order_relaxed);
  if (!visit.measured) return;
  const std::lock_guard lock(mutex_);
  if (window_begin_ < Time{0}) BeginWindow(visit.left, Time{0});
  // A probe measures what came in during it; others waited behind the queue of before.
  if (probing_ && visit.entered < window_begin_) return;
  sum_ += visit.left - visit.entered;
  ++samples_;
  const bool over = visit.left - window_begin_ >= window_length_;
  if (over && samples_ >= options_.window_samples_min) Decide(sum_ / samples_, visit.left);
}

void ConcurrencyLimit::Decide(Time mean, Time now) {
  Remember(mean, now);
  if (!probing_) Adjust(mean);
  const bool due = !probed_ || now - *probed_ > Scaled(Horizon(), kProbeAge);
  probing_ = due && refused_.load(std::memory_order_relaxed);
  BeginWindow(now, mean);
  if (probing_) probed_ = now;
}

void ConcurrencyLimit::Adjust(Time mean) {
  const Time lowest = lowest_.front().mean;
  const Time tolerated = std::max(Scaled(lowest, options_.tolerance), lowest + options_.slack);
  if (mean > tolerated) {
    wanted_ *= std::max(Ratio(tolerated, mean), kCutMost);
  } else if (wanted_ < options_.initial ||
             most_inside_.load(std::memory_order_relaxed) >= kUsed * wanted_) {
    wanted_ += std::max(kGrowth * wanted_, 1.0);
  }
  wanted_ = std::clamp<double>(wanted_, options_.min, options_.max);
}

void ConcurrencyLimit::Remember(Time mean, Time now) {
  while (!lowest_.empty() && lowest_.front().when < now - Horizon()) lowest_.pop_front();
  while (!lowest_.empty() && lowest_.back().mean >= mean) lowest_.pop_back();
  lowest_.push_back({.when = now, .mean = mean});
}

/// A window is long enough to see what the last decision did: requests that entered after it have
/// left.
void ConcurrencyLimit::BeginWindow(Time now, Time mean) {
  window_begin_ = now;
  window_length_ = std::max(options_.window, 2 * mean);
  sum_ = Time{0};
  samples_ = 0;
  most_inside_.store(inside_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  refused_.store(false, std::memory_order_relaxed);
  const double limit = probing_ ? ProbeLimit(mean) : wanted_;
  limit_.store(static_cast<int>(limit), std::memory_order_relaxed);
}

/// By Little's law `busy` are worked on, and the rest of those inside wait. Before the first probe
/// nothing is known that was measured without a queue.
double ConcurrencyLimit::ProbeLimit(Time mean) const {
  if (!probed_) return options_.min;
  const double busy = wanted_ * Ratio(lowest_.front().mean, mean);
  return std::max<double>(options_.min, kProbeShare * busy);
}

ConcurrencyLimit::Time ConcurrencyLimit::Horizon() const {
  return std::max(options_.remember, kHorizonWindows * window_length_);
}

http::Middleware Admission(std::shared_ptr<ConcurrencyLimit> limit, std::function<void()> on_shed) {
  using Clock = http::Request::Clock;
  return [limit = std::move(limit), on_shed = std::move(on_shed)](
             http::Request& request, http::Reply reply, const http::Next& next) {
    if (!IsCounted(request)) return next(request, std::move(reply));
    if (!limit->TryEnter()) {
      on_shed();
      return reply(http::Response::FromError(
          Error(Code::kOverloaded, "the service has as many requests as it can work on")));
    }
    const auto entered = Clock::now();
    next(request,
         http::Reply([limit, entered, reply = std::move(reply)](http::Response response) mutable {
           const bool measured = response.status < 300 || response.status == 504;
           limit->Leave({.entered = entered.time_since_epoch(),
                         .left = Clock::now().time_since_epoch(),
                         .measured = measured});
           reply(std::move(response));
         }));
  };
}

}  // namespace keelrow::gateway
