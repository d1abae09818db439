#pragma once

#include <optional>

#include "hybrid/setup.h"
#include "project/serving.h"
#include "serve/context.h"

namespace keelrow::serve {

/// The middleware of `serve.hybrid`; empty when there are no endpoints. `context` outlives it.
std::optional<http::Middleware> PublicEndpoints(const project::HybridConfig& config,
                                                const hybrid::HybridFolders& folders,
                                                ServeContext& context);

/// Whether an endpoint speaks OpenAI's protocol, so that we do.
bool HaveLanguageModels(const project::HybridConfig& config);

/// Puts what a rule about long tails looks at into an answer to a single example.
void SayCertainty(std::span<const float> scores, std::span<const std::string> labels,
                  http::Response& response);

}  // namespace keelrow::serve
