#pragma once

#include <chrono>
#include <optional>

#include "http/router.h"

namespace keelrow::gateway {

inline constexpr const char* kTimeoutHeader = "x-request-timeout-ms";

/// How long the client will wait: x-request-timeout-ms ("250"), or grpc-timeout ("250m", "2S").
/// Empty when neither is there or it is not understood.
std::optional<std::chrono::milliseconds> RequestedTimeout(const http::Headers& headers);

/// Moves a request's deadline forward to what its client asked for, so that queues and backends do
/// no work for nobody. Counted from the request's first byte.
http::Middleware Deadlines();

}  // namespace keelrow::gateway
