#pragma once

#include <memory>

#include "gateway/authenticator.h"
#include "gateway/model_of.h"
#include "http/router.h"

namespace keelrow::gateway {

/// Lets a request to a route with Access::kToken pass only with a token or an API key that holds,
/// and notes who sent it in `request.identity`. Otherwise 401 with WWW-Authenticate (RFC 6750), 403
/// when it does not allow the route's scope with the request's model (an empty one: with all), or
/// 503 while the keys of its issuer are being fetched. Open routes, and paths without a route (404,
/// 405), pass.
http::Middleware RequireIdentity(std::shared_ptr<const Authenticator> authenticator,
                                 ModelOf model_of);

}  // namespace keelrow::gateway
