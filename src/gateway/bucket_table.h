#pragma once

#include <array>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/token_bucket.h"

namespace keelrow::gateway {

/// A bucket with the name under which it is known, also to other gateways.
struct NamedBucket {
  NamedBucket(std::string given, Rate rate) : name(std::move(given)), tokens(rate) {}

  const std::string name;  // "client:ann"
  TokenBucket tokens;
  std::atomic<int64_t> untold_ns{0};  // taken, and not told to the shared budget yet
};

struct BucketTableOptions {
  std::string prefix;  // of the buckets' names: "client:"
  Rate rate;           // of each
  size_t buckets_max = 10'000;
};

/// A bucket for every key that strangers send, in bounded memory. The one that was not used for
/// longest makes room, if it is full again: then forgetting it gives nobody a request more. If it
/// is not, newcomers share one bucket, so that many names get no further than one. Thread-safe;
/// locked by part, for as long as a look-up takes.
class BucketTable {
 public:
  explicit BucketTable(BucketTableOptions options);

  /// Never null.
  std::shared_ptr<NamedBucket> Find(std::string_view key, int64_t now_ns);
  size_t Size() const;

 private:
  using Recent = std::list<std::shared_ptr<NamedBucket>>;  // the latest first
  struct Part {
    mutable std::mutex mutex;
    Recent recent;
    std::unordered_map<std::string_view, Recent::iterator> by_key;  // into the buckets' names
  };
  static constexpr size_t kParts = 16;

  std::shared_ptr<NamedBucket> Insert(Part& part, std::string_view key, int64_t now_ns);
  std::string_view KeyOf(const NamedBucket& bucket) const;

  const BucketTableOptions options_;
  const size_t part_max_;
  const std::shared_ptr<NamedBucket> newcomers_;
  std::array<Part, kParts> parts_;
};

}  // namespace keelrow::gateway
