#pragma once

#include <memory>

#include "gateway/token.h"
#include "http/router.h"

namespace keelrow::gateway {

/// Lets a request to a route with Access::kToken pass only with "Authorization: Bearer <token>",
/// and notes who sent it in `request.identity`. Otherwise 401 with WWW-Authenticate (RFC 6750), or
/// 403 when the token does not have the route's scope.
/// Open routes, and paths without a route (404, 405), pass.
http::Middleware RequireToken(std::shared_ptr<const TokenAuthority> authority);

}  // namespace keelrow::gateway
