#pragma once

#include <memory>
#include <string>

#include "gateway/authenticator.h"
#include "http/router.h"

namespace keelrow::gateway {

struct AuthOptions {
  /// The model that a route without a model in its pattern is about; empty: about all of them.
  std::string default_model = {};
};

/// Lets a request to a route with Access::kToken pass only with a token or an API key that holds,
/// and notes who sent it in `request.identity`. Otherwise 401 with WWW-Authenticate (RFC 6750), 403
/// when it does not allow the route's scope with the route's model, or 503 while the keys of its
/// issuer are being fetched. The model is the route's parameter {model}, else {name}, else the
/// default; a handler that learns of its model elsewhere (a body, a query) asks Allows itself.
/// Open routes, and paths without a route (404, 405), pass.
http::Middleware RequireIdentity(std::shared_ptr<const Authenticator> authenticator,
                                 AuthOptions options = {});

}  // namespace keelrow::gateway
