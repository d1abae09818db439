#pragma once

#include <optional>

#include "hybrid/setup.h"
#include "predictions/context.h"
#include "project/serving.h"

namespace keelrow::serve {

/// The middleware of `serve.hybrid`; empty when there are no endpoints. `context` outlives it.
std::optional<http::Middleware> PublicEndpoints(const project::HybridConfig& config,
                                                const hybrid::HybridFolders& folders,
                                                predictions::ServeContext& context);

/// Whether an endpoint speaks OpenAI's protocol, so that we do.
bool HaveLanguageModels(const project::HybridConfig& config);

}  // namespace keelrow::serve
