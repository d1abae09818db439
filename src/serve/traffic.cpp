#include "serve/traffic.h"

#include "base/files.h"
#include "base/parallel.h"

namespace keelrow::serve {
namespace {

/// So many a worker are no overload, however slow the model: a handful of clients that ask at the
/// same time shall wait for each other, not be refused because one alone was answered sooner.
constexpr int kInsideMin = 8;

gateway::Rate RateOf(const project::RateConfig& config) {
  return {.per_second = config.rate, .burst = config.burst > 0 ? config.burst : config.rate};
}

std::shared_ptr<gateway::SharedBudget> SharedBudgetOf(const project::SharedLimitConfig& config) {
  if (config.redis.empty()) return nullptr;
  gateway::RedisOptions redis = gateway::ParseRedisUrl(config.redis).Value();
  if (!redis.password.empty()) {
    throw Error(Code::kBadValue, "the address of Redis holds a password",
                {.hint = "put it into a file that only you can read, and name that in "
                         "serve.rate_limit.shared.password_file"});
  }
  if (!config.password_file.empty()) {
    redis.password = ReadFile(config.password_file);
    redis.password.erase(redis.password.find_last_not_of("\r\n") + 1);
  }
  return std::make_shared<gateway::SharedBudget>(
      gateway::SharedBudgetOptions{.redis = std::move(redis)});
}

}  // namespace

std::shared_ptr<gateway::RateLimiter> RateLimiterOf(const project::RateLimitConfig& config,
                                                    signals::Metrics& metrics) {
  return std::make_shared<gateway::RateLimiter>(gateway::RateLimitOptions{
      .all = RateOf(config.all),
      .client = RateOf(config.client),
      .model = RateOf(config.model),
      .bytes_per_unit = static_cast<double>(config.unit.value),
      .shared = SharedBudgetOf(config.shared),
      .closed = config.shared.closed,
      .on_limited = [&metrics](std::string_view limit) { metrics.CountLimited(limit); }});
}

http::Middleware AdmissionOf(const project::ServeConfig& config,
                             predictions::ServeContext& context) {
  const int workers = config.threads > 0 ? config.threads : AvailableCores();
  // At first as many as the queue holds: nothing is known yet, so nothing is refused.
  const auto limit = std::make_shared<gateway::ConcurrencyLimit>(gateway::ConcurrencyOptions{
      .min = workers * kInsideMin, .initial = workers + config.limits.queue});
  context.concurrency_limit = [limit] { return static_cast<size_t>(limit->Limit()); };
  return gateway::Admission(limit, [&context] { context.metrics.CountShed(); });
}

gateway::ModelOf ModelNames(const predictions::ServeContext& context) {
  return [&context](const http::Request& request) -> std::string {
    const auto named = request.params.find("model");
    if (named == request.params.end()) return context.DefaultModel();
    return named->second.substr(0, named->second.find_first_of("@:"));  // no alias, no verb
  };
}

}  // namespace keelrow::serve
