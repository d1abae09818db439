#pragma once

#include "gateway/concurrency_limit.h"
#include "gateway/rate_limit.h"
#include "predictions/context.h"
#include "project/serving.h"

namespace keelrow::serve {

/// What the gateway's traffic control needs to know of a service: its configuration, its metrics,
/// the names of its models. `metrics` and `context` outlive what is made here. Throws kBadValue
/// for an address that is none, and what reading a password's file throws.
std::shared_ptr<gateway::RateLimiter> RateLimiterOf(const project::RateLimitConfig& config,
                                                    signals::Metrics& metrics);

/// Lets in as many requests as the service can work on; `context` learns the limit.
http::Middleware AdmissionOf(const project::ServeConfig& config,
                             predictions::ServeContext& context);

/// The model that a route's pattern names, else the one that is served.
gateway::ModelOf ModelNames(const predictions::ServeContext& context);

}  // namespace keelrow::serve
