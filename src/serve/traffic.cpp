#include "serve/traffic.h"

#include <array>

namespace keelrow::serve {
namespace {

/// How the patterns of routes call a model.
constexpr std::array<std::string_view, 3> kModelParameters = {"model", "model_name", "name"};

gateway::Rate RateOf(const project::RateConfig& config) {
  return {.per_second = config.rate, .burst = config.burst > 0 ? config.burst : config.rate};
}

}  // namespace

std::shared_ptr<gateway::RateLimiter> RateLimiterOf(const project::RateLimitConfig& config,
                                                    Metrics& metrics) {
  return std::make_shared<gateway::RateLimiter>(gateway::RateLimitOptions{
      .all = RateOf(config.all),
      .client = RateOf(config.client),
      .model = RateOf(config.model),
      .bytes_per_unit = static_cast<double>(config.unit.value),
      .on_limited = [&metrics](std::string_view limit) { metrics.CountLimited(limit); }});
}

gateway::ModelOf ModelNames(const ServeContext& context) {
  return [&context](const http::Request& request) -> std::string_view {
    for (const std::string_view parameter : kModelParameters) {
      const auto found = request.params.find(parameter);
      if (found != request.params.end()) return found->second;
    }
    return context.model;
  };
}

}  // namespace keelrow::serve
