#include "http/span_exporter.h"

#include <fmt/format.h>
#include <pthread.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/queue.h"

namespace keelrow::http {
namespace {

constexpr int kServerKind = 2;   // SPAN_KIND_SERVER
constexpr int kErrorStatus = 2;  // STATUS_CODE_ERROR

std::string Nanoseconds(std::chrono::system_clock::time_point time) {
  using std::chrono::nanoseconds;
  return std::to_string(std::chrono::duration_cast<nanoseconds>(time.time_since_epoch()).count());
}

Json Text(std::string_view key, const std::string& value) {
  return {{"key", key}, {"value", {{"stringValue", value}}}};
}

Json SpanJson(const Span& span) {
  Json attributes = Json::array({Text("http.request.method", span.method)});
  attributes.push_back({{"key", "http.response.status_code"},
                        {"value", {{"intValue", std::to_string(span.status)}}}});
  if (!span.route.empty()) attributes.push_back(Text("http.route", span.route));
  if (!span.request_id.empty()) attributes.push_back(Text("http.request.id", span.request_id));
  Json json = {{"traceId", span.trace.TraceId()},
               {"spanId", fmt::format("{:016x}", span.trace.span)},
               {"name", span.name},
               {"kind", kServerKind},
               {"startTimeUnixNano", Nanoseconds(span.begin)},
               {"endTimeUnixNano", Nanoseconds(span.end)},
               {"attributes", std::move(attributes)},
               {"status", Json::object()}};
  if (span.trace.parent != 0) json["parentSpanId"] = fmt::format("{:016x}", span.trace.parent);
  // A refused request is the caller's fault, not an error of the server's span.
  if (span.status >= 500) json["status"] = {{"code", kErrorStatus}};
  return json;
}

}  // namespace

Json OtlpJson(std::span<const Span> spans, const std::string& service) {
  Json list = Json::array();
  for (const Span& span : spans) list.push_back(SpanJson(span));
  const Json scope = {{"scope", {{"name", "keelrow.http"}}}, {"spans", std::move(list)}};
  const Json resource = {{"resource", {{"attributes", {Text("service.name", service)}}}},
                         {"scopeSpans", Json::array({scope})}};
  return {{"resourceSpans", Json::array({resource})}};
}

struct SpanExporter::State {
  explicit State(SpanExporterOptions given)
      : options(std::move(given)),
        target(options.endpoint.target == "/" ? "/v1/traces" : options.endpoint.target),
        client(ClientOptionsOf(options)),
        queue(options.queue_max) {}

  static ClientOptions ClientOptionsOf(const SpanExporterOptions& options) {
    ClientOptions client = ClientOptions::To(options.endpoint);
    client.timeout = options.timeout;
    client.response_bytes_max = size_t{1} << 20;
    return client;
  }

  void Run() {
    while (auto first = queue.Pop()) Send(Gather(*std::move(first)));
  }

  /// The first, and what else comes until there are enough or the first has waited long enough.
  std::vector<Span> Gather(Span first) {
    std::vector<Span> batch;
    batch.push_back(std::move(first));
    const auto end = std::chrono::steady_clock::now() + options.batch_wait;
    while (batch.size() < options.batch_max) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      auto next = left.count() > 0 ? queue.PopFor(left) : std::nullopt;
      if (!next) break;
      batch.push_back(*std::move(next));
    }
    return batch;
  }

  void Send(const std::vector<Span>& batch) {
    // While we end, one failure is enough: the collector is not there.
    if (ending && broken) return Drop(batch.size(), "the collector is not there");
    const std::string body =
        OtlpJson(batch, options.service).dump(-1, ' ', false, Json::error_handler_t::replace);
    try {
      const Response answer = client.Post(target, body, {{"Content-Type", "application/json"}});
      if (answer.status / 100 != 2) {
        return Drop(batch.size(), fmt::format("it answers {}", answer.status));
      }
      broken = false;
      exported += batch.size();
    } catch (const Error& error) {
      Drop(batch.size(), error.message());
    }
  }

  /// The log hears of it when it begins, not for each batch.
  void Drop(size_t count, std::string_view why) {
    dropped += count;
    if (!std::exchange(broken, true)) {
      log::Warning("spans are dropped: {}: {}", options.endpoint.ToString(), why);
    }
  }

  SpanExporterOptions options;
  std::string target;
  Client client;
  BoundedQueue<Span> queue;
  bool broken = false;  // the thread's own
  std::atomic<bool> ending{false};
  std::atomic<size_t> exported{0};
  std::atomic<size_t> dropped{0};
  std::thread thread;
};

SpanExporter::SpanExporter(SpanExporterOptions options)
    : state_(std::make_unique<State>(std::move(options))) {
  state_->thread = std::thread([state = state_.get()] { state->Run(); });
  pthread_setname_np(state_->thread.native_handle(), "spans");
}

SpanExporter::~SpanExporter() {
  state_->ending = true;
  state_->queue.Close();
  state_->thread.join();
}

void SpanExporter::Export(Span span) {
  if (!state_->queue.TryPush(std::move(span))) ++state_->dropped;
}

size_t SpanExporter::exported() const {
  return state_->exported;
}
size_t SpanExporter::dropped() const {
  return state_->dropped;
}

}  // namespace keelrow::http
