#include "serve/public_endpoints.h"

#include <algorithm>

#include "serve/traffic.h"

namespace keelrow::serve {

std::optional<http::Middleware> PublicEndpoints(const project::HybridConfig& config,
                                                const hybrid::HybridFolders& folders,
                                                predictions::ServeContext& context) {
  context.says_certainty = std::ranges::any_of(
      config.rules, [](const auto& rule) { return rule.when.value == "long_tail"; });
  if (config.endpoints.empty()) return std::nullopt;
  hybrid::HybridOptions options = hybrid::OptionsOf(config, folders);
  options.model_of = ModelNames(context);
  options.on_call = [&context](const hybrid::Called& called) {
    context.metrics.CountHybrid(called);
  };
  return hybrid::MakeHybrid(std::move(options));
}

bool HaveLanguageModels(const project::HybridConfig& config) {
  return std::ranges::any_of(
      config.endpoints, [](const auto& endpoint) { return endpoint.protocol.value == "openai"; });
}

}  // namespace keelrow::serve
