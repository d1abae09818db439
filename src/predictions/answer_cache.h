#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/tensor.h"
#include "http/message.h"
#include "models/served_model.h"
#include "project/request_log.h"

namespace keelrow::predictions {

/// What a network said, by the content of the question. It keeps the network's outputs, not the
/// answers, so that each request is still answered with its own ids; what is saved is
/// preprocessing and inference. Never across models, versions, protocols or, where tokens are asked
/// for, clients: `hit` and its short time would tell one what another has asked. Equal questions
/// have equal bytes: to understand each first would cost what a small network does. Bounded in
/// bytes (the longest unused go) and age. Thread-safe.
class AnswerCache {
 public:
  struct Outputs {
    std::vector<Tensor> tensors;
    std::vector<int64_t> looks;  // rows of each example
  };
  struct Counts {
    uint64_t hits = 0;
    uint64_t misses = 0;
    uint64_t bytes = 0;
  };

  /// Of one version, with the time that looking took.
  struct Lookups {
    uint64_t hits = 0;
    uint64_t misses = 0;
    std::chrono::nanoseconds hit_time{0};
    std::chrono::nanoseconds miss_time{0};
  };

  explicit AnswerCache(const project::CacheConfig& config);
  ~AnswerCache();
  AnswerCache(const AnswerCache&) = delete;

  bool Covers(const std::string& model) const;
  /// Model and version, and a digest of all that the outputs depend on and of who asks.
  static std::string KeyOf(const http::Request& request, const models::ServedModel& model);

  /// Counts a hit or a miss.
  std::optional<Outputs> Find(const std::string& key);
  /// What is larger than all the room is not kept.
  void Keep(const std::string& key, const Outputs& outputs);
  Counts Get() const;
  Lookups Of(const std::string& model, const std::string& version) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Cache-Control of a request: `no-cache` and `no-store`.
struct CacheWishes {
  bool fresh = false;  // it wants the network to be asked
  bool forget = false;
};
CacheWishes CacheWishesOf(const http::Request& request);

inline constexpr const char* kCacheHeader = "x-keelrow-cache";  // "hit" or "miss"

}  // namespace keelrow::predictions
