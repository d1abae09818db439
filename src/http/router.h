#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/reply.h"

namespace keelrow::http {

/// Answers one request, now or later. Must not block when the route runs on the IO thread, and
/// must not throw (an exception is logged and answered 500 without a message): see Sync.
using Handler = std::function<void(const Request&, Reply)>;

enum class Access { kOpen, kToken };
/// kIo: on the connection's own thread, for handlers of microseconds. kWorkers: on the bounded
/// pool, for what blocks or computes; a full pool answers 503 with Retry-After at once.
enum class RunOn { kIo, kWorkers };
/// kMessages: of a gRPC method that takes a stream, and gives one. Every message is a request of
/// its own, through all the middleware, and its answer (of type kProtobuf, whatever its status) is
/// the message that goes back, in the same order. Any other answer ends the stream.
enum class Body { kWhole, kMessages };

/// One row of the visible list of routes. `{name}` matches one whole path segment; a literal
/// segment wins over a parameter, whatever the order of rows.
struct Route {
  std::string method;
  std::string pattern;  // "/models/{name}"
  Handler handler;
  Access access = Access::kToken;
  RunOn run_on = RunOn::kIo;
  std::string scope = {};     // that a token must have; empty: any valid token will do
  std::string summary = {};   // one line, for the API's description
  std::string protocol = {};  // whose it is, for the access log
  Body body = Body::kWhole;
  bool probe = false;  // of the process itself: each role answers it, whoever stands behind
};

class Router;

/// Runs `job` later on the worker pool; false when the pool is full (`job` is then unused).
using Post = std::function<bool(std::function<void()> job)>;

/// Called between the middleware and the handler with the Reply that leads through all of the
/// middleware; gives the one that the handler gets. So a server can answer in the handler's place.
/// Nothing, where it has done so already: then no handler runs.
using Guard = std::function<std::optional<Reply>(Reply)>;

/// Continues with the rest of the chain, on the calling thread. It may be copied and called later,
/// once, by a middleware that first waits for something else: while the reply is unused, and the
/// server that it belongs to lives. Its own type, since a function would be made on the heap for
/// each middleware and request.
class Next {
 public:
  void operator()(Request& request, Reply reply) const;

 private:
  friend class Router;
  struct Host {
    const Router& router;
    Post post;
    Guard guard;
  };
  Next(std::shared_ptr<const Host> host, size_t index) : host_(std::move(host)), index_(index) {}

  std::shared_ptr<const Host> host_;
  size_t index_;  // of the middleware that it runs, and behind the last one the handler
};

/// Runs on the IO thread around every request, also those without a route: answers itself, or
/// calls `next`, perhaps with a Reply of its own around the given one.
using Middleware = std::function<void(Request&, Reply, const Next& next)>;

/// Called with the text of an exception that ended a handler; for the log.
using OnFault = std::function<void(const Request&, std::string_view what)>;

/// A handler that returns its answer. Errors become their status; any other exception 500.
Handler Sync(std::function<Response(const Request&)> function, OnFault on_fault = {});

/// The routes, and the middleware around all of them in the order given. Immutable while it
/// serves, so every thread may use it.
class Router {
 public:
  /// Throws kInternal for two rows of equal method and pattern, or a malformed pattern.
  explicit Router(std::vector<Route> routes, std::vector<Middleware> middleware = {});
  Router(Router&&) = default;
  Router& operator=(Router&&) = default;
  ~Router();

  /// Finds the route, runs the middleware, then the handler. `request` must stay where it is
  /// until the reply has been used. What a handler or a middleware throws comes out of here or of
  /// the posted job, with its reply dropped.
  void Handle(Request& request, Reply reply, Post post, Guard guard = {}) const;

  /// The row that would answer, by method and segments; null when there is none.
  const Route* Find(const Request& request) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  friend class Next;
  struct Segment {
    std::string text;  // a literal, or the parameter's name
    bool parameter = false;
  };
  struct Pattern {
    std::vector<Segment> segments;
    size_t literals = 0;
  };
  struct Hash {
    // NOLINTNEXTLINE(readability-identifier-naming): the standard library's own name
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  using Rows = std::vector<size_t>;  // indices into routes_, ascending
  template <class T>
  using ByText = std::unordered_map<std::string, T, Hash, std::equal_to<>>;
  /// A method's rows by their first segment: a hundred routes are then a handful to look at.
  struct Index {
    ByText<Rows> by_literal;
    Rows by_parameter;
  };

  static Segment SegmentOf(std::string_view text);
  void Match(Request& request) const;
  bool Matches(const Pattern& pattern, const Request& request) const;
  /// The row of that method that matches best; the number of rows when none does.
  size_t BestOf(const std::string& method, const Request& request) const;
  size_t Better(size_t a, size_t b) const;
  void Finish(Request& request, Reply reply, const Post& post) const;
  std::string AllowedMethods(const Request& request) const;

  std::vector<Route> routes_;
  std::vector<Pattern> patterns_;  // beside routes_
  ByText<Index> by_method_;
  std::vector<Middleware> middleware_;
};

}  // namespace keelrow::http
