#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

#include "gateway/token.h"
#include "http/server.h"
#include "project/serving.h"
#include "serve/metrics.h"

namespace keelrow::serve {

/// What every role of `keelrow up` does alike.

/// `metrics` outlives the server.
http::ServerOptions ServerOptionsOf(const project::ServeConfig& config, Metrics& metrics);

/// Null when no token is needed. `secret`: the folder of the signing secret, made on first use.
std::shared_ptr<const gateway::TokenAuthority> AuthorityOf(const project::AuthConfig& config,
                                                           const std::filesystem::path& secret);

/// Returns after Ctrl-C or SIGTERM and `stop`, which is given how long it may take and says whether
/// nothing had to be cut off.
void DrainWhenStopped(const std::function<bool(std::chrono::milliseconds)>& stop);

}  // namespace keelrow::serve
