#pragma once

// Private to http/: the only header that shows Boost. Others include server.h, which does not.

#include <atomic>
#include <boost/asio.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_set>

#include "http/body_budget.h"
#include "http/server.h"
#include "http/tls_context.h"

namespace keelrow::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = Request::Clock;
using Executor = asio::io_context::executor_type;
using Socket = tcp::socket::rebind_executor<Executor>::other;
using TlsStream = asio::ssl::stream<Socket>;
template <class T>
using Awaitable = asio::awaitable<T, Executor>;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable_t<Executor>());
// Often enough for limits of seconds, and one pass over the sessions costs microseconds.
constexpr std::chrono::milliseconds kSweepEvery{100};

/// A connection as its shard sees it.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void CheckDeadline(Clock::time_point now) = 0;
  virtual void CloseIfIdle() = 0;
  virtual void Abort() = 0;
};

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

struct Shard;

/// The one shard that may look for work instead of sleeping: several would take the cores from who
/// sends it. Thread-safe.
class Lookout {
 public:
  explicit Lookout(bool wanted) : wanted_(wanted) {}

  bool Take(const Shard& shard) {
    const Shard* nobody = nullptr;
    return wanted_ && (shard_.compare_exchange_strong(nobody, &shard) || nobody == &shard);
  }
  void Leave(const Shard& shard) {
    const Shard* self = &shard;
    shard_.compare_exchange_strong(self, nullptr);
  }

 private:
  const bool wanted_;
  std::atomic<const Shard*> shard_{nullptr};
};

/// What all shards share and, but for `tls`, never change while serving.
struct Shared {
  ServerOptions options;
  Router router;
  Post post;
  std::shared_ptr<BodyBudget> bodies;
  std::optional<TlsContexts> tls;  // the accepting shard's
  Count connections;
  Lookout lookout;
};

/// One IO thread with its connections. Everything but `io` is touched on that thread only.
struct Shard {
  explicit Shard(Shared& shared) : shared(shared) {}

  /// Until nothing is left to do; the thread's turns are those of `io`.
  void Run();
  void Sweep();
  void Drain();
  void Abort();
  Awaitable<void> KeepSweeping();

  asio::io_context io{1};  // one thread: no locks inside
  Shared& shared;
  std::unordered_set<Connection*> connections;
  asio::steady_timer sweeper{io};
  asio::steady_timer reloader{io};
  bool draining = false;
  bool aborted = false;
};

/// The place where the answer to one request arrives. It owns the request, so a handler that
/// answers after its deadline still has it.
///
/// The handler and the server itself (a deadline, a stop, a fault) race for the right to answer.
/// Whoever is first answers through the middleware, so that an observer sees every answer that is
/// sent, and sees it once:
///
///   handler ──┐
///             ├─ Answer (the first one) ── middleware ── Deliver ── the session
///   server  ──┘
class Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  explicit Exchange(const std::shared_ptr<Shard>& shard) : shard_(shard) { request.gone = &gone_; }

  /// Lets the router answer; on the IO thread, once.
  void Handle();

  /// From any thread: the first answer counts.
  void Answer(Response response);

  /// On the IO thread, when the connection shall close: answers, and ends the wait in any case. The
  /// answer of a worker that was first would come to a shard that no longer runs.
  void CutOff(Response response, Shard& shard);

  /// Suspends the session until an answer has been delivered.
  Awaitable<void> Wait();

  /// Calls `then` on the IO thread, later, when an answer has been delivered; it is not there yet.
  void WhenAnswered(std::function<void()> then) { waiter_ = std::move(then); }

  bool answered() const { return answered_; }
  /// The client has left: who works for it may stop. An answer is still needed, for the count.
  void MarkGone() { gone_ = true; }
  /// The same, and answers for the log's sake, if nobody has.
  void Cancel();
  Response& response() { return response_; }

  Request request;
  BodyRoom body_room;

 private:
  /// Runs a part of the answering. An exception out of it is our fault: logged, and answered 500.
  template <class Work>
  void Run(const Work& work);
  void Fail(std::string_view what);
  /// False when there is an answer already; `through` has been told then.
  bool PutAway(Reply through);
  /// Behind the middleware, from any thread. A server that is gone needs no answers.
  void Deliver(Response response);
  void Take(Response response, Shard& shard);

  std::weak_ptr<Shard> shard_;
  // The way through the middleware; empty when a middleware has answered or keeps the request. It
  // leads back here and so keeps this alive until it is used, as each one is in the end.
  std::optional<Reply> through_;  // not changed once claimed
  std::mutex mutex_;              // of claimed_, and of through_ until then
  bool claimed_ = false;
  std::atomic<bool> gone_{false};
  std::function<void()> waiter_;
  Response response_;
  bool answered_ = false;
};

/// A body {"error", "code", "message"} with a status that the error table does not give the code.
Response Refusal(int status, Code code, std::string_view message);

/// Who is at the other end of a connection.
struct Peer {
  std::string remote;       // "127.0.0.1:53124"
  std::string client_name;  // by its certificate
};

/// A connection whose client has begun to speak HTTP/2, with what was read of that so far.
template <class Stream>
struct Http2Opening {
  Stream stream;
  Peer peer;
  std::string received;
};
template <class Stream>
Awaitable<void> RunHttp2(std::shared_ptr<Shard> shard, Http2Opening<Stream> opening);

/// Serves one connection, a Socket or a TlsStream, until it ends. It never outlives the shard's
/// thread.
template <class Stream>
Awaitable<void> RunSession(std::shared_ptr<Shard> shard, Stream stream);

}  // namespace keelrow::http
