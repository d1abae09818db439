#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/server.h"
#include "project/serving.h"

namespace keelrow::serve {

/// Who may load, unload and move models: only tokens of the scope `manage`, and unless configured
/// otherwise only clients on this machine.

inline constexpr std::string_view kManageScope = "manage";

inline bool IsManagement(const http::Route& route) {
  return route.scope == kManageScope;
}

/// Whether the connection comes from this machine and no proxy says that it asks for somebody. One
/// that says nothing cannot be told from a client: before such a proxy `serve.management.listen`
/// takes management to a port that it does not lead to.
bool IsFromHere(const http::Request& request);

/// Answers 403 to management from elsewhere, with a token or without.
http::Middleware ManagementFromHere();

/// What a listener of its own answers: management, and the probes and metrics beside it.
std::vector<http::Route> ManagementRoutes(const std::vector<http::Route>& all);

/// What is left for the others.
std::vector<http::Route> WithoutManagement(const std::vector<http::Route>& all);

/// Those of the service itself, at the address of `serve.management`. Throws kBadValue.
http::ServerOptions ManagementServerOptions(const project::ServeConfig& config,
                                            http::ServerOptions own);

}  // namespace keelrow::serve
