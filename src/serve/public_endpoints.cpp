#include "serve/public_endpoints.h"

#include <fmt/format.h>

#include <algorithm>

#include "http/target.h"
#include "serve/prediction.h"
#include "serve/traffic.h"

namespace keelrow::serve {

std::optional<http::Middleware> PublicEndpoints(const project::HybridConfig& config,
                                                const hybrid::HybridFolders& folders,
                                                ServeContext& context) {
  context.says_certainty = std::ranges::any_of(
      config.rules, [](const auto& rule) { return rule.when.value == "long_tail"; });
  if (config.endpoints.empty()) return std::nullopt;
  hybrid::HybridOptions options = hybrid::OptionsOf(config, folders);
  options.model_of = [in_path = ModelNames(context)](const http::Request& request) {
    return std::string(in_path(request));
  };
  options.on_call = [&context](const hybrid::Called& called) {
    context.metrics.CountHybrid(called);
  };
  return hybrid::MakeHybrid(std::move(options));
}

bool HaveLanguageModels(const project::HybridConfig& config) {
  return std::ranges::any_of(
      config.endpoints, [](const auto& endpoint) { return endpoint.protocol.value == "openai"; });
}

void SayCertainty(std::span<const float> scores, std::span<const std::string> labels,
                  http::Response& response) {
  if (scores.empty() || scores.size() != labels.size()) return;
  const size_t best = BestOf(scores);
  response.headers.Set(hybrid::kLabelField, http::PercentEncode(labels[best]));
  response.headers.Set(hybrid::kConfidenceField, fmt::format("{:.4f}", scores[best]));
}

}  // namespace keelrow::serve
