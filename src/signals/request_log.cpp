#include "signals/request_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <optional>
#include <thread>

#include "base/base64.h"
#include "base/json.h"
#include "base/log.h"
#include "base/queue.h"
#include "base/random.h"
#include "base/text.h"
#include "gateway/token_bucket.h"
#include "http/router.h"
#include "signals/parquet_files.h"
#include "signals/secrets.h"

namespace keelrow::signals {
namespace {

using std::chrono::system_clock;

struct Body {
  bool kept = false;
  size_t bytes = 0;
  std::string text;
  size_t json = 0;  // above 0: so many bytes at its front are JSON, whatever follows
};

struct Entry {
  std::string id;
  system_clock::time_point time;
  std::string model;
  std::string version;
  std::string protocol;
  std::string request_id;
  std::string trace_id;
  int status = 0;
  double milliseconds = 0;
  Body input;
  Body output;
};

std::string TimeText(system_clock::time_point time) {
  const auto since = time.time_since_epoch();
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(since).count() % 1000;
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(system_clock::to_time_t(time)),
                     milliseconds);
}

/// Where the Open Inference Protocol puts tensors behind its JSON; else 0.
size_t JsonBefore(const http::Headers& headers, size_t size) {
  const std::string_view text = headers.Find("Inference-Header-Content-Length").value_or("");
  size_t length = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), length);
  return failure == std::errc() && end == text.data() + text.size() && length <= size ? length : 0;
}

bool BeginsAsJson(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != text.npos && (text[first] == '{' || text[first] == '[');
}

/// JSON as JSON, other text as text, both without secrets; what is neither in Base64. What would be
/// JSON and cannot be read is left out: nobody knows what is in it.
Json BodyJson(const Body& body) {
  Json json = {{"bytes", body.bytes}};
  if (!body.kept) return json;
  const std::string_view text = body.text;
  const size_t head = body.json == 0 ? text.size() : body.json;
  Expected<Json> parsed = ParseJson(text.substr(0, head), "a body");
  if (parsed) {
    MaskSecrets(*parsed);
    json["json"] = *std::move(parsed);
    if (head < text.size()) json["base64"] = EncodeBase64(text.substr(head));
  } else if (BeginsAsJson(text)) {
    return json;
  } else if (IsUtf8(text)) {
    json["text"] = MaskText(body.text);
  } else {
    json["base64"] = EncodeBase64(text);
  }
  return json;
}

std::string LineOf(const Entry& entry) {
  Json line = {{"id", entry.id},
               {"time", TimeText(entry.time)},
               {"model", entry.model},
               {"version", entry.version},
               {"protocol", entry.protocol},
               {"request_id", entry.request_id},
               {"status", entry.status},
               {"ms", entry.milliseconds},
               {"input", BodyJson(entry.input)},
               {"output", BodyJson(entry.output)}};
  if (!entry.trace_id.empty()) line["trace_id"] = entry.trace_id;
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// What LineOf writes, as columns of Parquet.
std::vector<data::JsonColumn> Columns() {
  const std::string body = "STRUCT(bytes UBIGINT, json JSON, text VARCHAR, base64 VARCHAR)";
  return {{"id", "VARCHAR"},       {"time", "TIMESTAMPTZ"}, {"model", "VARCHAR"},
          {"version", "VARCHAR"},  {"protocol", "VARCHAR"}, {"request_id", "VARCHAR"},
          {"trace_id", "VARCHAR"}, {"status", "INTEGER"},   {"ms", "DOUBLE"},
          {"input", body},         {"output", body}};
}

uint64_t ProcessPrefix() {
  const auto now = static_cast<uint64_t>(system_clock::now().time_since_epoch().count());
  return Random(now, "prediction-id", {static_cast<uint64_t>(::getpid())}).Next();
}

/// The bits of a counter, well mixed: which of them are sampled has no pattern (splitmix64).
uint64_t Mixed(uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

}  // namespace

struct RequestLog::State {
  project::RequestLogConfig config;
  std::optional<ParquetFiles> parquet;  // goes after `files`, and so has the last of them too
  LineFiles files;
  gateway::TokenBucket rate;
  BoundedQueue<Entry> queue;
  const uint64_t prefix = ProcessPrefix();
  std::atomic<uint64_t> count{0};
  std::atomic<size_t> written{0};
  std::atomic<size_t> dropped{0};
  bool broken = false;  // the thread's own
  std::thread thread;

  State(const project::RequestLogConfig& given, const LineFilesOptions& where)
      : config(given),
        files(Watched(where)),
        rate({.per_second = given.rate, .burst = given.rate}),
        queue(static_cast<size_t>(given.queue)) {
    if (config.format.value != "parquet") return;
    parquet.emplace(
        ParquetFilesOptions{.folder = where.folder, .prefix = where.prefix, .columns = Columns()});
  }

  LineFilesOptions Watched(LineFilesOptions where) {
    where.on_closed = [this] {
      if (parquet) parquet->Wake();
    };
    return where;
  }

  bool Sampled(uint64_t number) const {
    constexpr double kAll = 18446744073709551616.0;  // 2^64
    return static_cast<double>(Mixed(prefix ^ number)) < config.sample * kAll;
  }

  template <class Message>
  Body Kept(const Message& message, bool wanted) const {
    const std::string& body = message.body;
    Body kept{.kept = wanted && body.size() <= config.body.value, .bytes = body.size(), .text = {}};
    if (!kept.kept) return kept;
    kept.text = body;
    kept.json = JsonBefore(message.headers, body.size());
    return kept;
  }

  void Run() {
    while (const auto entry = queue.Pop()) {
      try {
        files.Append(LineOf(*entry));
        ++written;
        broken = false;
      } catch (const std::exception& failure) {
        ++dropped;
        // The log hears of it when it begins, not for each line.
        if (!std::exchange(broken, true)) {
          log::Warning("predictions are not written down: {}", failure.what());
        }
      }
    }
  }
};

RequestLog::RequestLog(const project::RequestLogConfig& config, const LineFilesOptions& files)
    : state_(std::make_unique<State>(config, files)) {
  state_->thread = std::thread([state = state_.get()] { state->Run(); });
  pthread_setname_np(state_->thread.native_handle(), "request-log");
}

RequestLog::~RequestLog() {
  state_->queue.Close();
  state_->thread.join();
}

void RequestLog::Note(const http::Request& request, const AnsweredBy& by,
                      http::Response& response) {
  State& state = *state_;
  const uint64_t number = state.count.fetch_add(1, std::memory_order_relaxed);
  std::string id = fmt::format("{:016x}-{}", state.prefix, number);
  response.headers.Set(kPredictionId, id);
  if (!state.Sampled(number)) return;
  const auto now = http::Request::Clock::now();
  if (!state.rate.Take(std::chrono::nanoseconds(now.time_since_epoch()).count(), 1).allowed) {
    ++state.dropped;
    return;
  }
  Entry entry{
      .id = std::move(id),
      .time = system_clock::now(),
      .model = by.model,
      .version = by.version,
      .protocol = request.route == nullptr ? "" : request.route->protocol,
      .request_id = request.id,
      .trace_id = request.trace.known() ? request.trace.TraceId() : "",
      .status = response.status,
      .milliseconds = std::chrono::duration<double, std::milli>(now - request.arrived).count(),
      .input = state.Kept(request, state.config.inputs),
      .output = state.Kept(response, state.config.outputs)};
  if (!state.queue.TryPush(std::move(entry))) ++state.dropped;
}

size_t RequestLog::written() const {
  return state_->written;
}
size_t RequestLog::dropped() const {
  return state_->dropped;
}
size_t RequestLog::unconverted() const {
  return state_->parquet ? state_->parquet->failures() : 0;
}

}  // namespace keelrow::signals
