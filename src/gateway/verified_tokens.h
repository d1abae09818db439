#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateway/claims.h"
#include "gateway/key_set.h"
#include "http/message.h"

namespace keelrow::gateway {

/// A token that held, with the keys that it was checked with.
struct VerifiedToken {
  http::Identity identity;
  SystemTime expires;
  std::shared_ptr<const KeySet> keys;
};

/// Tokens that were verified, so that a client that sends the same one with each request costs a
/// SHA-256 and not a signature (`openssl speed` here: 0.4 µs against the 78 of ES256). Named by the
/// SHA-256 of the whole token. Only tokens that held get in, and whoever finds one still has to
/// check its end, its keys and its revocation. Bounded: of each of 16 shards the older half is
/// forgotten when the younger one is full. Any thread.
class VerifiedTokens {
 public:
  explicit VerifiedTokens(size_t most = 8192) : half_(most / kShards / 2 + 1) {}

  std::shared_ptr<const VerifiedToken> Find(const std::string& digest) {
    Shard& shard = ShardOf(digest);
    const std::lock_guard lock(shard.mutex);
    if (const auto found = shard.young.find(digest); found != shard.young.end()) {
      return found->second;
    }
    const auto found = shard.old.find(digest);
    if (found == shard.old.end()) return nullptr;
    auto token = found->second;
    Put(shard, digest, token);
    return token;
  }

  void Add(const std::string& digest, std::shared_ptr<const VerifiedToken> token) {
    Shard& shard = ShardOf(digest);
    const std::lock_guard lock(shard.mutex);
    Put(shard, digest, std::move(token));
  }

 private:
  static constexpr size_t kShards = 16;
  using Tokens = std::unordered_map<std::string, std::shared_ptr<const VerifiedToken>>;
  struct Shard {
    std::mutex mutex;
    Tokens young;
    Tokens old;
  };

  Shard& ShardOf(const std::string& digest) {
    return shards_[static_cast<unsigned char>(digest.back()) % kShards];
  }
  void Put(Shard& shard, const std::string& digest, std::shared_ptr<const VerifiedToken> token) {
    if (shard.young.size() >= half_) shard.old = std::exchange(shard.young, {});
    shard.young[digest] = std::move(token);
  }

  const size_t half_;
  std::array<Shard, kShards> shards_;
};

}  // namespace keelrow::gateway
