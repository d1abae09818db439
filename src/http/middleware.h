#pragma once

#include <chrono>
#include <functional>

#include "http/router.h"

namespace keelrow::http {

/// Takes the client's x-request-id (letters, digits, "._-", at most 128) or makes one, and puts
/// it into the request and the answer. First in the list, so that everything after it has it.
Middleware RequestId();

struct TracingOptions {
  /// The share of the traces that begin here of which spans are sent, 0 to 1. Others are their
  /// caller's to decide.
  double sample = 0;
  /// Called with the span of a sampled request, on whatever thread answers; must not block.
  std::function<void(Span)> export_span = {};
};

/// Takes the caller's traceparent or begins a trace, and puts it into the request.
Middleware Tracing(TracingOptions options = {});

/// One finished exchange, for the access log and for metrics.
struct Observed {
  const Request& request;
  const Response& response;
  std::chrono::microseconds duration;  // from the first byte of the request
};

/// Calls `observe` with every answer before it is sent, on whatever thread answers.
Middleware Observe(std::function<void(const Observed&)> observe);

}  // namespace keelrow::http
