#include "signals/request_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
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

namespace keelrow::signals {
namespace {

using std::chrono::system_clock;

struct Body {
  bool kept = false;
  size_t bytes = 0;
  std::string text;
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

/// JSON as it is, other text as text, what is neither in Base64.
Json BodyJson(const Body& body) {
  Json json = {{"bytes", body.bytes}};
  if (!body.kept) return json;
  if (!IsUtf8(body.text)) {
    json["base64"] = EncodeBase64(body.text);
    return json;
  }
  Expected<Json> parsed = ParseJson(body.text, "a body");
  if (parsed) {
    json["json"] = *std::move(parsed);
  } else {
    json["text"] = body.text;
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

  Body Kept(const std::string& body, bool wanted) const {
    Body kept{.kept = wanted && body.size() <= config.body.value, .bytes = body.size(), .text = {}};
    if (kept.kept) kept.text = body;
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
      .input = state.Kept(request.body, state.config.inputs),
      .output = state.Kept(response.body, state.config.outputs)};
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
