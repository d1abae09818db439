#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/bucket_table.h"
#include "gateway/model_of.h"
#include "gateway/shared_budget.h"
#include "http/router.h"

namespace keelrow::gateway {

struct RateLimitOptions {
  Rate all = {.per_second = 1000, .burst = 1000};
  Rate client = {};             // each client's own
  Rate model = {};              // each model's own
  double bytes_per_unit = 0;    // of the body: so many cost one unit more; 0: they are free
  size_t clients_max = 10'000;  // buckets kept; see BucketTable
  size_t models_max = 1'000;    // the same
  std::shared_ptr<SharedBudget> shared = nullptr;  // with other gateways; null: none
  bool closed = false;  // without the shared budget nothing passes; else local limits go on
  std::function<std::chrono::nanoseconds()> clock = [] {
    return std::chrono::steady_clock::now().time_since_epoch();
  };
  /// Called for what was refused, with the name of the limit: "all", "client", "model",
  /// or "shared" for want of the shared budget. Any thread.
  std::function<void(std::string_view limit)> on_limited = [](std::string_view) {};
};

struct Asked {
  std::string_view client;
  std::string_view model = {};  // empty: counts for no model
  size_t body_bytes = 0;
};

/// What a limiter says, and of which limit: the one that refused, or else the nearest to refusing.
struct Verdict {
  bool allowed = true;
  std::string_view limit = {};       // empty: there is no limit
  double left = 0;                   // units, before the next refusal
  std::chrono::nanoseconds wait{0};  // until `left` is whole again; refused: until a retry may pass
};

/// Token buckets for all requests together, for each client and for each model. A request that one
/// of them refuses takes from none. Thread-safe; a look-up is locked for its length, taking is not.
class RateLimiter {
 public:
  explicit RateLimiter(RateLimitOptions options);

  Verdict Admit(const Asked& asked);

  /// RateLimit-Policy of the IETF draft: `"all";q=1000;w=1`, a full bucket and how long it takes.
  const std::string& Policy() const { return policy_; }
  size_t Clients() const { return clients_ ? clients_->Size() : 0; }

 private:
  const RateLimitOptions options_;
  std::string policy_;
  std::shared_ptr<NamedBucket> all_;
  std::optional<BucketTable> clients_;
  std::optional<BucketTable> models_;
};

/// Whose budget a request takes from: the token's subject, else the address without its port; of
/// an IPv6 address the network (/64), which one household has to itself.
std::string ClientOf(const http::Request& request);

/// Lets a request pass, or answers 429 with Retry-After. Either way the answer says in RateLimit
/// and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10) how much is left. Probes, metrics
/// and pages, which are open and need no scope, pass without being counted. After authentication.
http::Middleware Limit(std::shared_ptr<RateLimiter> limiter, ModelOf model_of);

}  // namespace keelrow::gateway
