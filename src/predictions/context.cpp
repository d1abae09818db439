#include "predictions/context.h"

#include <charconv>

namespace keelrow::predictions {

std::string ServeContext::DefaultModel() const {
  if (!model.empty() || !models) return model;
  const auto table = models->Table();
  return table->size() == 1 ? table->begin()->first : std::string();
}

std::shared_ptr<const models::ServedModel> ServeContext::Standard() const {
  return models ? models->Find(DefaultModel()) : nullptr;
}

bool ServeContext::Ready() const {
  if (backends_ready) return backends_ready();
  if (mounted) return models != nullptr;  // with no model too
  return models && models->Ready() && (model.empty() || Standard() != nullptr);
}

Json VersionJson(const std::string& version) {
  int64_t number = 0;
  const char* end = version.data() + version.size();
  const auto [stopped, failure] = std::from_chars(version.data(), end, number);
  if (failure == std::errc() && stopped == end && std::to_string(number) == version) return number;
  return version;
}

signals::ServiceGauges ServeContext::Gauges() const {
  const http::ServerLoad now = load();
  signals::ServiceGauges gauges{.connections = now.connections,
                                .queued = now.queued,
                                .concurrency_limit = concurrency_limit()};
  if (spans) {
    gauges.spans_exported = spans->exported();
    gauges.spans_dropped = spans->dropped();
  }
  if (request_log) {
    gauges.logged = request_log->written();
    gauges.log_dropped = request_log->dropped();
    gauges.log_unconverted = request_log->unconverted();
  }
  if (cache) {
    const AnswerCache::Counts counts = cache->Get();
    gauges.cache_hits = counts.hits;
    gauges.cache_misses = counts.misses;
    gauges.cache_bytes = counts.bytes;
  }
  return gauges;
}

}  // namespace keelrow::predictions
