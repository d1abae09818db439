#include "http/middleware.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>

#include "base/random.h"

namespace keelrow::http {
namespace {

bool IsRequestId(std::string_view id) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '_' || c == '-';
  };
  return !id.empty() && id.size() <= 128 && std::ranges::all_of(id, allowed);
}

/// Different in every process, then counted: unique, and cheaper than a random draw each time.
std::string ProcessPrefix() {
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  Random random(static_cast<uint64_t>(now), "request-id", {static_cast<uint64_t>(::getpid())});
  return fmt::format("{:016x}-", random.Next());
}

TraceContext TraceOf(const Request& request, double sample) {
  // Two of them are as good as none (Trace Context, section 3.2).
  const bool one = request.headers.Count("traceparent") == 1;
  auto given = one ? ParseTraceparent(*request.headers.Find("traceparent")) : std::nullopt;
  if (!given) return NewTrace(sample);
  given->span = NewSpanId();
  return *given;
}

Span SpanOf(const Request& request, int status) {
  const auto took = Request::Clock::now() - request.received;
  const auto end = std::chrono::system_clock::now();
  const std::string route = request.route == nullptr ? "" : request.route->pattern;
  return {.trace = request.trace,
          .name = route.empty() ? request.method : request.method + " " + route,
          .method = request.method,
          .route = route,
          .request_id = request.id,
          .status = status,
          .begin = end - std::chrono::duration_cast<std::chrono::system_clock::duration>(took),
          .end = end};
}

}  // namespace

Middleware Tracing(TracingOptions options) {
  const auto shared = std::make_shared<const TracingOptions>(std::move(options));
  return [shared](Request& request, Reply reply, const Next& next) {
    request.trace = TraceOf(request, shared->sample);
    if (!request.trace.sampled || !shared->export_span) return next(request, std::move(reply));
    next(request, Reply([shared, &request, reply = std::move(reply)](Response response) mutable {
           shared->export_span(SpanOf(request, response.status));
           reply(std::move(response));
         }));
  };
}

Middleware RequestId() {
  const auto counter = std::make_shared<std::atomic<uint64_t>>(0);
  return [prefix = ProcessPrefix(), counter](Request& request, Reply reply, const Next& next) {
    const std::string_view given = request.headers.Find("x-request-id").value_or("");
    request.id = IsRequestId(given) ? std::string(given) : prefix + std::to_string((*counter)++);
    next(request, Reply([id = request.id, reply = std::move(reply)](Response response) mutable {
           response.headers.Set("x-request-id", std::move(id));
           reply(std::move(response));
         }));
  };
}

Middleware Observe(std::function<void(const Observed&)> observe) {
  const auto shared = std::make_shared<std::function<void(const Observed&)>>(std::move(observe));
  return [shared](Request& request, Reply reply, const Next& next) {
    // The request outlives the reply: this closure runs before the answer is given on.
    next(request, Reply([shared, &request, reply = std::move(reply)](Response response) mutable {
           const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(
               Request::Clock::now() - request.received);
           (*shared)({.request = request, .response = response, .duration = duration});
           reply(std::move(response));
         }));
  };
}

}  // namespace keelrow::http
