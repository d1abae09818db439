#include "http/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

namespace keelrow::http {
namespace {

std::vector<std::string> SplitPattern(std::string_view pattern) {
  if (pattern.empty() || pattern.front() != '/') {
    throw Error(Code::kInternal, fmt::format("route `{}` does not begin with `/`", pattern));
  }
  std::vector<std::string> segments;
  size_t begin = 1;
  while (true) {
    const size_t end = std::min(pattern.find('/', begin), pattern.size());
    segments.emplace_back(pattern.substr(begin, end - begin));
    if (end == pattern.size()) return segments;
    begin = end + 1;
  }
}

Response NotFound(const Request& request) {
  return Response::FromError(Error(Code::kNotFound,
                                   fmt::format("there is nothing at {}", request.path),
                                   {.hint = "GET /openapi.json lists what there is"}));
}

Response MethodNotAllowed(const Request& request, std::string allowed) {
  Response response = Response::Json(
      {{"error", "method_not_allowed"},
       {"code", Info(Code::kBadRequest).number},
       {"message",
        fmt::format("{} does not take {}; it takes {}", request.path, request.method, allowed)}},
      405);
  response.headers.Add("Allow", std::move(allowed));
  return response;
}

Response QueueFull() {
  return Response::FromError(Error(Code::kOverloaded, "the server's queue is full"));
}

Response TooLate() {
  return Response::FromError(Error(Code::kTimeout, "the request waited beyond its deadline"));
}

/// What a handler needs on another thread. Shared, because std::function wants a copyable job.
struct Job {
  const Request& request;
  Reply reply;
};

}  // namespace

Handler Sync(std::function<Response(const Request&)> function, OnFault on_fault) {
  return [function = std::move(function), on_fault = std::move(on_fault)](const Request& request,
                                                                          Reply reply) {
    const auto answer = [&]() -> Response {
      try {
        return function(request);
      } catch (const Error& error) {
        if (on_fault && Info(error.code()).http_status == 500) on_fault(request, error.what());
        return Response::FromError(error);
      } catch (const std::exception& failure) {
        if (on_fault) on_fault(request, failure.what());
        return Response::FromError(Error(Code::kInternal, failure.what()));
      }
    };
    reply(answer());
  };
}

/// A parameter is a whole segment; half of one would be taken for plain text in silence.
Router::Segment Router::SegmentOf(std::string_view text) {
  if (text.find_first_of("{}") == std::string_view::npos) return {.text = std::string(text)};
  if (text.size() > 2 && text.front() == '{' && text.back() == '}') {
    return {.text = std::string(text.substr(1, text.size() - 2)), .parameter = true};
  }
  throw Error(Code::kInternal, fmt::format("`{}` is no segment of a route", text));
}

/// Outermost first: one with a thread of its own may call those behind it until it has gone.
Router::~Router() {
  for (Middleware& each : middleware_) each = {};
}

Router::Router(std::vector<Route> routes, std::vector<Middleware> middleware)
    : routes_(std::move(routes)), middleware_(std::move(middleware)) {
  std::set<std::pair<std::string, std::string>> seen;
  for (size_t i = 0; i < routes_.size(); ++i) {
    const Route& route = routes_[i];
    Pattern pattern;
    std::string shape;  // two patterns that differ only in a parameter's name are the same
    for (const std::string& text : SplitPattern(route.pattern)) {
      const Segment& segment = pattern.segments.emplace_back(SegmentOf(text));
      if (!segment.parameter) ++pattern.literals;
      shape += '/' + (segment.parameter ? "{}" : segment.text);
    }
    if (!seen.emplace(route.method, shape).second) {
      throw Error(Code::kInternal,
                  fmt::format("route {} {} is listed twice", route.method, route.pattern));
    }
    Index& index = by_method_[route.method];
    const Segment& first = pattern.segments.front();
    (first.parameter ? index.by_parameter : index.by_literal[first.text]).push_back(i);
    patterns_.push_back(std::move(pattern));
  }
}

bool Router::Matches(const Pattern& pattern, const Request& request) const {
  if (pattern.segments.size() != request.segments.size()) return false;
  // From the end: rows of one index begin alike.
  for (size_t i = pattern.segments.size(); i-- > 0;) {
    const Segment& segment = pattern.segments[i];
    const bool matches =
        segment.parameter ? !request.segments[i].empty() : segment.text == request.segments[i];
    if (!matches) return false;
  }
  return true;
}

size_t Router::Better(size_t a, size_t b) const {
  if (a == routes_.size() || b == routes_.size()) return std::min(a, b);
  if (patterns_[a].literals == patterns_[b].literals) return std::min(a, b);
  return patterns_[a].literals > patterns_[b].literals ? a : b;
}

size_t Router::BestOf(const std::string& method, const Request& request) const {
  size_t best = routes_.size();
  const auto index = by_method_.find(method);
  if (index == by_method_.end() || request.segments.empty()) return best;
  const auto consider = [&](const Rows& rows) {
    for (const size_t row : rows) {
      if (Matches(patterns_[row], request)) best = Better(best, row);
    }
  };
  const auto found = index->second.by_literal.find(request.segments.front());
  if (found != index->second.by_literal.end()) consider(found->second);
  consider(index->second.by_parameter);
  return best;
}

void Router::Match(Request& request) const {
  size_t best = BestOf(request.method, request);
  if (request.method == "HEAD") {
    // A row of HEAD's own comes before one of GET, unless that one fits better.
    const size_t get = BestOf("GET", request);
    const bool own = best != routes_.size() && get != routes_.size() &&
                     patterns_[best].literals >= patterns_[get].literals;
    if (!own) best = Better(best, get);
  }
  if (best == routes_.size()) return;
  request.route = &routes_[best];
  for (size_t k = 0; k < request.segments.size(); ++k) {
    const Segment& segment = patterns_[best].segments[k];
    if (segment.parameter) request.params[segment.text] = request.segments[k];
  }
}

const Route* Router::Find(const Request& request) const {
  const size_t best = BestOf(request.method, request);
  return best == routes_.size() ? nullptr : &routes_[best];
}

std::string Router::AllowedMethods(const Request& request) const {
  std::set<std::string> methods;
  for (const auto& [method, index] : by_method_) {
    if (BestOf(method, request) == routes_.size()) continue;
    methods.insert(method);
    if (method == "GET") methods.insert("HEAD");
  }
  return fmt::format("{}", fmt::join(methods, ", "));
}

void Router::Handle(Request& request, Reply reply, Post post, Guard guard) const {
  Match(request);
  const Next first(std::make_shared<const Next::Host>(Next::Host{
                       .router = *this, .post = std::move(post), .guard = std::move(guard)}),
                   0);
  first(request, std::move(reply));
}

void Next::operator()(Request& request, Reply reply) const {
  const Router& router = host_->router;
  if (index_ < router.middleware_.size()) {
    return router.middleware_[index_](request, std::move(reply), Next(host_, index_ + 1));
  }
  if (!host_->guard) return router.Finish(request, std::move(reply), host_->post);
  std::optional<Reply> guarded = host_->guard(std::move(reply));
  if (guarded) router.Finish(request, *std::move(guarded), host_->post);
}

void Router::Finish(Request& request, Reply reply, const Post& post) const {
  if (request.route == nullptr) {
    std::string allowed = AllowedMethods(request);
    return reply(allowed.empty() ? NotFound(request)
                                 : MethodNotAllowed(request, std::move(allowed)));
  }
  const Handler& handler = request.route->handler;
  if (request.route->run_on == RunOn::kIo) return handler(request, std::move(reply));
  const auto job = std::make_shared<Job>(Job{request, std::move(reply)});
  const bool posted = post([job, &handler] {
    // Who waited in the queue beyond its deadline has been answered 504 already.
    if (Request::Clock::now() >= job->request.deadline) return job->reply(TooLate());
    handler(job->request, std::move(job->reply));
  });
  if (!posted) job->reply(QueueFull());
}

}  // namespace keelrow::http
