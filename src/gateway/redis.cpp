#include "gateway/redis.h"

#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>

#include <charconv>
#include <optional>
#include <string_view>

namespace keelrow::gateway {
namespace {

using Clock = std::chrono::steady_clock;

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
using ReplyPtr = std::unique_ptr<redisReply, FreeReply>;

template <class T>
std::optional<T> ParseInteger(std::string_view text) {
  T value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Error BadUrl(std::string_view why) {
  return Error(Code::kBadValue, fmt::format("the address of Redis {}", why),
               {.hint = "redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]"});
}

}  // namespace

Expected<RedisOptions> ParseRedisUrl(const std::string& url) {
  constexpr std::string_view kScheme = "redis://";
  std::string_view rest = url;
  if (!rest.starts_with(kScheme)) return BadUrl("does not begin with redis://");
  rest.remove_prefix(kScheme.size());
  RedisOptions options;
  if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view login = rest.substr(0, at);
    const size_t colon = std::min(login.find(':'), login.size());
    options.user = login.substr(0, colon);
    if (colon < login.size()) options.password = login.substr(colon + 1);
    rest.remove_prefix(at + 1);
  }
  if (const size_t slash = rest.find('/'); slash != std::string_view::npos) {
    const std::string_view database = rest.substr(slash + 1);
    const auto number = ParseInteger<int>(database);
    if (!database.empty() && (!number || *number < 0)) return BadUrl("has no number as database");
    options.database = number.value_or(0);
    rest = rest.substr(0, slash);
  }
  if (const size_t colon = rest.rfind(':'); colon != std::string_view::npos) {
    const auto port = ParseInteger<uint16_t>(rest.substr(colon + 1));
    if (!port || *port == 0) return BadUrl("has no port from 1 to 65535");
    options.port = *port;
    rest = rest.substr(0, colon);
  }
  if (rest.empty()) return BadUrl("names no host");
  options.host = rest;
  return options;
}

/// Hiredis without its waits: it reads and writes, and poll() keeps the deadline of the whole call.
struct Redis::Connection {
  explicit Connection(const RedisOptions& options)
      : context(redisConnectNonBlock(options.host.c_str(), options.port)) {}

  std::optional<Error> Failure(const char* action) const {
    return Error(Code::kIo, fmt::format("cannot {} Redis: {}", action,
                                        context && context->err ? context->errstr : "no memory"));
  }

  std::optional<Error> WaitFor(int16_t event, Clock::time_point deadline) const {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd waited{.fd = context->fd, .events = event, .revents = 0};
    if (left.count() > 0 && ::poll(&waited, 1, static_cast<int>(left.count())) > 0) return {};
    return Error(Code::kTimeout, "Redis did not answer in time");
  }

  std::optional<Error> Connected(Clock::time_point deadline) const {
    if (!context || context->err != 0) return Failure("connect to");
    if (auto late = WaitFor(POLLOUT, deadline)) return late;
    int failure = 0;
    socklen_t size = sizeof failure;
    ::getsockopt(context->fd, SOL_SOCKET, SO_ERROR, &failure, &size);
    if (failure == 0) return {};
    return Error(Code::kIo, "cannot connect to Redis", {.hint = "is it running there?"});
  }

  Expected<ReplyPtr> Call(const std::vector<std::string>& command, Clock::time_point deadline) {
    std::vector<const char*> words;
    std::vector<size_t> sizes;
    for (const std::string& word : command) {
      words.push_back(word.data());
      sizes.push_back(word.size());
    }
    redisAppendCommandArgv(context.get(), static_cast<int>(words.size()), words.data(),
                           sizes.data());
    for (int sent = 0; sent == 0;) {
      if (auto late = WaitFor(POLLOUT, deadline)) return *late;
      if (redisBufferWrite(context.get(), &sent) != REDIS_OK) return *Failure("write to");
    }
    void* reply = nullptr;
    while (reply == nullptr) {
      if (auto late = WaitFor(POLLIN, deadline)) return *late;
      if (redisBufferRead(context.get()) != REDIS_OK ||
          redisGetReplyFromReader(context.get(), &reply) != REDIS_OK) {
        return *Failure("read from");
      }
    }
    ReplyPtr owned(static_cast<redisReply*>(reply));
    if (owned->type != REDIS_REPLY_ERROR) return owned;
    return Error(Code::kBadRequest,
                 fmt::format("Redis refuses: {}", std::string_view(owned->str, owned->len)));
  }

  std::unique_ptr<redisContext, FreeContext> context;
};

namespace {

Expected<std::vector<int64_t>> IntegersOf(const redisReply& reply) {
  std::vector<int64_t> values;
  for (size_t i = 0; reply.type == REDIS_REPLY_ARRAY && i < reply.elements; ++i) {
    if (reply.element[i]->type == REDIS_REPLY_INTEGER) values.push_back(reply.element[i]->integer);
  }
  if (reply.type == REDIS_REPLY_ARRAY && values.size() == reply.elements) return values;
  return Error(Code::kBadRequest, "Redis answers with something else than a list of integers");
}

/// What a new connection says first.
std::vector<std::vector<std::string>> Greeting(const RedisOptions& options) {
  std::vector<std::vector<std::string>> commands;
  if (!options.password.empty()) {
    commands.push_back({"AUTH"});
    if (!options.user.empty()) commands.back().push_back(options.user);
    commands.back().push_back(options.password);
  }
  if (options.database != 0) commands.push_back({"SELECT", std::to_string(options.database)});
  return commands;
}

}  // namespace

Redis::Redis(RedisOptions options) : options_(std::move(options)) {}
Redis::~Redis() = default;

Expected<std::vector<int64_t>> Redis::Integers(const std::vector<std::string>& command) {
  const auto deadline = Clock::now() + options_.timeout;
  std::unique_ptr<Connection> connection = std::move(connection_);  // put back when all went well
  if (!connection) {
    connection = std::make_unique<Connection>(options_);
    if (auto failure = connection->Connected(deadline)) return *failure;
    for (const auto& greeting : Greeting(options_)) {
      if (auto reply = connection->Call(greeting, deadline); !reply) return reply.error();
    }
  }
  auto reply = connection->Call(command, deadline);
  if (!reply) return reply.error();
  connection_ = std::move(connection);
  return IntegersOf(**reply);
}

}  // namespace keelrow::gateway
