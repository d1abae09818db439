#pragma once

#include "gateway/rate_limit.h"
#include "project/serving.h"
#include "serve/context.h"

namespace keelrow::serve {

/// What the gateway's traffic control needs to know of a service: its configuration, its metrics,
/// the names of its models. `metrics` and `context` outlive what is made here.
std::shared_ptr<gateway::RateLimiter> RateLimiterOf(const project::RateLimitConfig& config,
                                                    Metrics& metrics);

/// The model that a route's pattern names, else the one that is served.
gateway::ModelOf ModelNames(const ServeContext& context);

}  // namespace keelrow::serve
