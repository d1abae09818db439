#pragma once

#include <atomic>
#include <memory>
#include <utility>

namespace keelrow::http {

/// How many bytes of request bodies a server holds, over all its connections. A limit on one body
/// bounds nothing while there are thousands of connections, and a body is in memory before anyone
/// has asked for its token. Thread-safe.
class BodyBudget {
 public:
  explicit BodyBudget(size_t bytes_max) : bytes_max_(bytes_max) {}

  /// False, and nothing taken, when that would be too much.
  bool Take(size_t bytes) {
    size_t taken = taken_.load(std::memory_order_relaxed);
    do {
      if (bytes > bytes_max_ - taken) return false;
    } while (!taken_.compare_exchange_weak(taken, taken + bytes, std::memory_order_relaxed));
    return true;
  }
  void GiveBack(size_t bytes) { taken_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  const size_t bytes_max_;
  std::atomic<size_t> taken_{0};
};

/// One body's part of the budget, given back with it. It may outlive the server, as a request does
/// whose handler is late. One thread at a time.
class BodyRoom {
 public:
  BodyRoom() = default;
  explicit BodyRoom(std::shared_ptr<BodyBudget> budget) : budget_(std::move(budget)) {}
  BodyRoom(BodyRoom&& other) noexcept
      : budget_(std::move(other.budget_)), bytes_(std::exchange(other.bytes_, 0)) {}
  BodyRoom& operator=(BodyRoom&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~BodyRoom() {
    if (bytes_ > 0) budget_->GiveBack(bytes_);
  }

  /// Makes room for `bytes` in all; false when the budget has no more.
  bool GrowTo(size_t bytes) {
    if (bytes <= bytes_) return true;
    if (!budget_->Take(bytes - bytes_)) return false;
    bytes_ = bytes;
    return true;
  }

 private:
  std::shared_ptr<BodyBudget> budget_;
  size_t bytes_ = 0;
};

}  // namespace keelrow::http
