#pragma once

#include <memory>
#include <mutex>

namespace keelrow::gateway {

/// What is read by many threads and replaced as a whole by one. A reader keeps what it got.
template <class T>
class Snapshot {
 public:
  explicit Snapshot(std::shared_ptr<const T> value = {}) : value_(std::move(value)) {}

  std::shared_ptr<const T> Get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  void Set(std::shared_ptr<const T> value) {
    {
      const std::lock_guard lock(mutex_);
      value_.swap(value);
    }
    // The old one may be freed here, outside the lock.
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace keelrow::gateway
