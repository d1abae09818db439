#pragma once

#include "gateway/concurrency_limit.h"
#include "gateway/rate_limit.h"
#include "project/serving.h"
#include "serve/context.h"

namespace keelrow::serve {

/// What the gateway's traffic control needs to know of a service: its configuration, its metrics,
/// the names of its models. `metrics` and `context` outlive what is made here. Throws kBadValue
/// for an address that is none, and what reading a password's file throws.
std::shared_ptr<gateway::RateLimiter> RateLimiterOf(const project::RateLimitConfig& config,
                                                    Metrics& metrics);

/// Lets in as many requests as the service can work on; `context` learns the limit.
http::Middleware AdmissionOf(const project::ServeConfig& config, ServeContext& context);

/// The model that a route's pattern names, else the one that is served.
gateway::ModelOf ModelNames(const ServeContext& context);

}  // namespace keelrow::serve
