#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/expected.h"

namespace keelrow::gateway {

struct RedisOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 6379;
  std::string user = {};      // empty: the default one
  std::string password = {};  // empty: none is asked for
  int database = 0;
  std::chrono::milliseconds timeout{100};  // of a whole call, connecting included
};

/// "redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]", or kBadValue. The message never repeats the
/// text, which may hold a password.
Expected<RedisOptions> ParseRedisUrl(const std::string& url);

/// One connection to a Redis server, made on first use and again after a failure. Blocks; one
/// thread at a time. Only this class's source knows hiredis.
class Redis {
 public:
  explicit Redis(RedisOptions options);
  ~Redis();
  Redis(const Redis&) = delete;

  /// Sends a command; its answer is a list of integers. kIo, kTimeout, or kBadRequest for what
  /// Redis refuses; after each of them the connection is closed.
  Expected<std::vector<int64_t>> Integers(const std::vector<std::string>& command);

 private:
  struct Connection;
  RedisOptions options_;
  std::unique_ptr<Connection> connection_;
};

}  // namespace keelrow::gateway
