#include "http/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

namespace keelrow::http {
namespace {

/// A parameter is a whole segment; half of one would be taken for plain text in silence.
bool IsParameter(std::string_view segment) {
  if (segment.find_first_of("{}") == std::string_view::npos) return false;
  if (segment.size() > 2 && segment.front() == '{' && segment.back() == '}') return true;
  throw Error(Code::kInternal, fmt::format("`{}` is no segment of a route", segment));
}

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

Router::Router(std::vector<Route> routes, std::vector<Middleware> middleware)
    : routes_(std::move(routes)), middleware_(std::move(middleware)) {
  std::set<std::pair<std::string, std::string>> seen;
  for (const Route& route : routes_) {
    Pattern pattern{.segments = SplitPattern(route.pattern)};
    std::string shape;  // two patterns that differ only in a parameter's name are the same
    for (const std::string& segment : pattern.segments) {
      if (!IsParameter(segment)) ++pattern.literals;
      shape += '/' + (IsParameter(segment) ? "{}" : segment);
    }
    if (!seen.emplace(route.method, shape).second) {
      throw Error(Code::kInternal,
                  fmt::format("route {} {} is listed twice", route.method, route.pattern));
    }
    patterns_.push_back(std::move(pattern));
  }
}

bool Router::Matches(const Pattern& pattern, const Request& request) const {
  if (pattern.segments.size() != request.segments.size()) return false;
  for (size_t i = 0; i < pattern.segments.size(); ++i) {
    const bool matches = IsParameter(pattern.segments[i])
                             ? !request.segments[i].empty()
                             : pattern.segments[i] == request.segments[i];
    if (!matches) return false;
  }
  return true;
}

void Router::Match(Request& request) const {
  size_t best = routes_.size();
  bool best_is_exact = false;
  for (size_t i = 0; i < routes_.size(); ++i) {
    const bool exact = routes_[i].method == request.method;
    const bool head = request.method == "HEAD" && routes_[i].method == "GET";
    if (!(exact || head) || !Matches(patterns_[i], request)) continue;
    const bool better =
        best == routes_.size() || patterns_[i].literals > patterns_[best].literals ||
        (patterns_[i].literals == patterns_[best].literals && exact && !best_is_exact);
    if (!better) continue;
    best = i;
    best_is_exact = exact;
  }
  if (best == routes_.size()) return;
  request.route = &routes_[best];
  for (size_t k = 0; k < request.segments.size(); ++k) {
    const std::string& segment = patterns_[best].segments[k];
    if (!IsParameter(segment)) continue;
    request.params[segment.substr(1, segment.size() - 2)] = request.segments[k];
  }
}

std::string Router::AllowedMethods(const Request& request) const {
  std::set<std::string> methods;
  for (size_t i = 0; i < routes_.size(); ++i) {
    if (!Matches(patterns_[i], request)) continue;
    methods.insert(routes_[i].method);
    if (routes_[i].method == "GET") methods.insert("HEAD");
  }
  return fmt::format("{}", fmt::join(methods, ", "));
}

void Router::Handle(Request& request, Reply reply, const Post& post, const Guard& guard) const {
  Match(request);
  Continue(0, request, std::move(reply), {.post = post, .guard = guard});
}

void Router::Continue(size_t index, Request& request, Reply reply, const Host& host) const {
  if (index == middleware_.size()) {
    return Finish(request, host.guard ? host.guard(std::move(reply)) : std::move(reply), host.post);
  }
  middleware_[index](request, std::move(reply), [this, index, &host](Request& same, Reply inner) {
    Continue(index + 1, same, std::move(inner), host);
  });
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
