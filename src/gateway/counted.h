#pragma once

#include "http/router.h"

namespace keelrow::gateway {

/// Whether traffic control counts a request: one that takes a token or a scope, so that it costs
/// something. Probes, metrics and pages always pass, also when everything else is refused.
inline bool IsCounted(const http::Request& request) {
  const http::Route* route = request.route;
  return route != nullptr && (route->access == http::Access::kToken || !route->scope.empty());
}

}  // namespace keelrow::gateway
