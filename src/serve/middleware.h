#pragma once

#include "gateway/authenticator.h"
#include "hybrid/setup.h"
#include "predictions/context.h"
#include "project/serving.h"

namespace keelrow::serve {

/// What stands around every request, outermost first. `authenticator` is null when no token is
/// needed. `folders`: where secrets and what was spent lie.
std::vector<http::Middleware> MiddlewareOf(
    predictions::ServeContext& context, const project::ServeConfig& config,
    std::shared_ptr<const gateway::Authenticator> authenticator,
    const hybrid::HybridFolders& folders);

/// Around a listener of its own for management: no limits, since few ask, and all of them may.
std::vector<http::Middleware> ManagementMiddlewareOf(
    predictions::ServeContext& context, const project::ServeConfig& config,
    std::shared_ptr<const gateway::Authenticator> authenticator);

}  // namespace keelrow::serve
