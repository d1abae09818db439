#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "gateway/bucket_table.h"
#include "gateway/redis.h"

namespace keelrow::gateway {

struct SharedBudgetOptions {
  RedisOptions redis;
  std::string prefix = "keelrow:limits:";      // of the keys in Redis
  std::chrono::milliseconds every{10};         // between two reports
  std::chrono::milliseconds patience{500};     // without an answer, before Redis counts as gone
  std::chrono::milliseconds retry_every{100};  // while it is
  std::function<void(bool reachable)> on_change = [](bool) {};  // on the reporting thread
};

/// One budget for several gateways, kept in Redis. No request waits for Redis: each is decided by
/// the local bucket, and one thread reports what was taken every few milliseconds in one call of
/// one script, which adds it to the shared buckets and says how full they are; the local ones
/// follow. So gateways together may pass more than a burst for the length of one report, and pay
/// it back at once: what passes in the long run is exact. Why not a call for each request:
/// docs/decisions/0008-shared-limits.md. Thread-safe.
class SharedBudget {
 public:
  explicit SharedBudget(SharedBudgetOptions options);
  ~SharedBudget();
  SharedBudget(const SharedBudget&) = delete;

  /// A request took from a bucket.
  void Took(const std::shared_ptr<NamedBucket>& bucket, int64_t cost_ns);
  /// False after `patience` without an answer; then every gateway has its local buckets only.
  bool Reachable() const { return reachable_.load(std::memory_order_relaxed); }

 private:
  using Buckets = std::vector<std::shared_ptr<NamedBucket>>;

  void Run();
  bool Wait(std::chrono::milliseconds time);
  bool Report(const Buckets& buckets);
  void Note(bool answered);

  const SharedBudgetOptions options_;
  Redis redis_;  // of the reporting thread
  std::chrono::steady_clock::time_point answered_;
  std::atomic<bool> reachable_{true};
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopping_ = false;
  Buckets untold_;
  std::thread thread_;
};

}  // namespace keelrow::gateway
