#include "gateway/circuit_breaker.h"

#include <algorithm>

namespace keelrow::gateway {
namespace {

constexpr size_t kOutcomesMax = 1000;  // newer ones push out older ones

}  // namespace

CircuitBreaker::State CircuitBreaker::StateAt(Time now) const {
  return state_ == State::kOpen && now >= open_until_ ? State::kHalfOpen : state_;
}

bool CircuitBreaker::Allows(Time now) const {
  const State state = StateAt(now);
  return state == State::kClosed || (state == State::kHalfOpen && probing_ < options_.probes);
}

void CircuitBreaker::Begin(Time now) {
  if (StateAt(now) != State::kHalfOpen) return;
  state_ = State::kHalfOpen;
  ++probing_;
}

void CircuitBreaker::Succeed(Time now) {
  failures_in_a_row_ = 0;
  if (state_ == State::kClosed) return Note(now, false);
  // An answer to what was sent before it opened says nothing new.
  if (state_ == State::kOpen) return;
  EndProbe();
  if (++probes_succeeded_ < options_.probes) return;
  state_ = State::kClosed;
  open_for_ = Time{0};
  outcomes_.clear();
  failures_ = 0;
}

void CircuitBreaker::Fail(Time now) {
  ++failures_in_a_row_;
  if (state_ == State::kOpen) return;
  if (state_ == State::kHalfOpen) return Open(now);
  Note(now, true);
  const auto requests = static_cast<double>(outcomes_.size());
  const bool many = requests >= options_.requests_min &&
                    static_cast<double>(failures_) >= options_.failure_share * requests;
  if (many || failures_in_a_row_ >= options_.failures_in_a_row) Open(now);
}

void CircuitBreaker::Abandon(Time) {
  if (state_ == State::kHalfOpen) EndProbe();
}

void CircuitBreaker::Note(Time now, bool failed) {
  outcomes_.push_back({.when = now, .failed = failed});
  failures_ += failed;
  while (outcomes_.front().when < now - options_.window || outcomes_.size() > kOutcomesMax) {
    failures_ -= outcomes_.front().failed;
    outcomes_.pop_front();
  }
}

void CircuitBreaker::Open(Time now) {
  open_for_ = open_for_ > Time{0} ? std::min(2 * open_for_, options_.open_max) : options_.open_for;
  open_until_ = now + open_for_;
  state_ = State::kOpen;
  failures_in_a_row_ = 0;
  probing_ = 0;  // those still under way speak of the time before
  probes_succeeded_ = 0;
}

void CircuitBreaker::EndProbe() {
  probing_ = std::max(probing_ - 1, 0);
}

}  // namespace keelrow::gateway
