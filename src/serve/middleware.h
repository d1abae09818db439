#pragma once

#include "gateway/token.h"
#include "project/serving.h"
#include "serve/context.h"

namespace keelrow::serve {

/// What stands around every request, outermost first. `authority` is null when no token is needed.
std::vector<http::Middleware> MiddlewareOf(
    ServeContext& context, const project::ServeConfig& config,
    std::shared_ptr<const gateway::TokenAuthority> authority);

}  // namespace keelrow::serve
