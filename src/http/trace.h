#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace keelrow::http {

/// Where a request stands in a distributed trace (W3C Trace Context). Numbers, since most requests
/// need the text of none of them.
struct TraceContext {
  uint64_t trace_high = 0;  // the trace's 16 bytes; both 0: no trace
  uint64_t trace_low = 0;
  uint64_t span = 0;    // our own part of it
  uint64_t parent = 0;  // the caller's part; 0: the trace began here
  bool sampled = false;

  bool known() const { return (trace_high | trace_low) != 0; }
  std::string TraceId() const;  // 32 lower-case hexadecimal digits
  /// What a request that we send in turn carries as `traceparent`.
  std::string Traceparent() const;
};

/// The caller's trace, with its span as `parent` and none of our own; empty for what the standard
/// says to ignore: zero ids, version ff, upper case, anything that is not of its form.
std::optional<TraceContext> ParseTraceparent(std::string_view text);

/// A trace that begins here; `sample` is the share of them that are sampled, 0 to 1.
TraceContext NewTrace(double sample);
/// Never 0, other in every process and thread. Unique, not secret.
uint64_t NewSpanId();

/// One request that was answered, as a trace's span.
struct Span {
  TraceContext trace;
  std::string name;  // "POST /predict"
  std::string method;
  std::string route;  // its pattern; empty without one
  std::string request_id;
  int status = 0;
  std::chrono::system_clock::time_point begin{};
  std::chrono::system_clock::time_point end{};
};

}  // namespace keelrow::http
