#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>

#include "gateway/setup.h"
#include "http/server.h"
#include "project/serving.h"
#include "signals/metrics.h"

namespace keelrow::serve {

/// What every role of `keelrow up` does alike.

/// `metrics` outlives the server.
/// `root`: what the certificates' relative paths start from.
http::ServerOptions ServerOptionsOf(const project::ServeConfig& config,
                                    const std::filesystem::path& root, signals::Metrics& metrics);

/// Inferences, and jobs on the workers, at once.
int ThreadsOf(const project::ServeConfig& config);

/// Null when no token is needed.
std::shared_ptr<const gateway::Authenticator> AuthenticatorOf(const project::AuthConfig& config,
                                                              const gateway::AuthFolders& folders);

/// Returns after Ctrl-C or SIGTERM and `stop`, which is given how long it may take and says whether
/// nothing had to be cut off.
void DrainWhenStopped(const std::function<bool(std::chrono::milliseconds)>& stop);

}  // namespace keelrow::serve
