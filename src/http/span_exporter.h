#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>

#include "http/client.h"
#include "http/trace.h"

namespace keelrow::http {

struct SpanExporterOptions {
  Url endpoint;  // of an OTLP/HTTP collector; without a path: /v1/traces
  std::string service = "keelrow";
  size_t queue_max = 2048;  // spans that wait; more are dropped
  size_t batch_max = 512;
  std::chrono::milliseconds batch_wait{1'000};  // of a span for others to go with it
  std::chrono::milliseconds timeout{5'000};     // of one sending
};

/// Sends spans to a collector (OTLP/HTTP, JSON) from a thread of its own. It never holds a request
/// up: what finds no room, or cannot be sent, is dropped and counted. Thread-safe.
class SpanExporter {
 public:
  explicit SpanExporter(SpanExporterOptions options);
  /// Sends what waits, as long as that succeeds.
  ~SpanExporter();
  SpanExporter(const SpanExporter&) = delete;

  void Export(Span span);

  size_t exported() const;  // taken by the collector
  size_t dropped() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The body of one sending: OTLP's ExportTraceServiceRequest in its JSON form.
Json OtlpJson(std::span<const Span> spans, const std::string& service);

}  // namespace keelrow::http
