#pragma once

// Private to http/: the only header that shows Boost. Others include server.h, which does not.

#include <boost/asio.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "http/server.h"

namespace keelrow::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = Request::Clock;
using Executor = asio::io_context::executor_type;
using Socket = tcp::socket::rebind_executor<Executor>::other;
template <class T>
using Awaitable = asio::awaitable<T, Executor>;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable_t<Executor>());
// Often enough for limits of seconds, and one pass over the sessions costs microseconds.
constexpr std::chrono::milliseconds kSweepEvery{100};

class Session;

/// How many connections there are over all shards; Stop waits for none.
class Count {
 public:
  void Add() {
    const std::lock_guard lock(mutex_);
    ++value_;
  }
  void Remove() {
    const std::lock_guard lock(mutex_);
    if (--value_ == 0) none_.notify_all();
  }
  size_t Get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }
  bool WaitForNone(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return none_.wait_for(lock, patience, [&] { return value_ == 0; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable none_;
  size_t value_ = 0;
};

/// What all shards share and never change while serving.
struct Shared {
  ServerOptions options;
  Router router;
  Router::Post post;
  Count connections;
};

/// One IO thread with its connections. Everything but `io` is touched on that thread only.
struct Shard {
  explicit Shard(Shared& shared) : shared(shared) {}

  void Sweep();
  void Drain();
  void Abort();
  Awaitable<void> KeepSweeping();

  asio::io_context io{1};  // one thread: no locks inside
  Shared& shared;
  std::unordered_set<Session*> sessions;
  asio::steady_timer sweeper{io};
  bool draining = false;
  bool aborted = false;
};

/// The place where the answer to one request arrives, from any thread. It owns the request, so a
/// handler that answers after its deadline still has it.
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  explicit Exchange(const std::shared_ptr<Shard>& shard) : shard_(shard) {}

  /// From any thread. A server that is gone needs no answers.
  void Answer(Response response);

  /// On the IO thread. The first answer counts.
  void Take(Response response, Shard& shard);

  /// Suspends the session until Take.
  Awaitable<void> Wait();

  bool answered() const { return answered_; }
  Response& response() { return response_; }
  Request request;

 private:
  std::weak_ptr<Shard> shard_;
  std::function<void()> waiter_;
  Response response_;
  bool answered_ = false;
};

/// A body {"error", "code", "message"} with a status that the error table does not give the code.
Response Refusal(int status, Code code, std::string_view message);

/// Serves one connection until it ends. It never outlives the shard's thread.
Awaitable<void> RunSession(std::shared_ptr<Shard> shard, Socket socket);

}  // namespace keelrow::http
