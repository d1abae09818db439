#include "gateway/auth.h"

#include <fmt/format.h>

#include "gateway/scope.h"

namespace keelrow::gateway {
namespace {

http::Response Unauthenticated(const http::Request& request, const Error& error) {
  http::Response response = http::Response::FromError(error);
  if (error.code() != Code::kUnauthenticated) return response;
  const bool given =
      request.headers.Count("Authorization") + request.headers.Count("X-API-Key") > 0;
  response.headers.Add("WWW-Authenticate", given
                                               ? "Bearer realm=\"keelrow\", error=\"invalid_token\""
                                               : "Bearer realm=\"keelrow\"");
  return response;
}

/// RFC 6750 section 3.1: the token is good, but not for this.
http::Response Forbidden(const std::string& scope) {
  http::Response response = http::Response::FromError(
      Error(Code::kForbidden, fmt::format("the token does not have the scope `{}`", scope),
            {.hint = "ask whoever runs the service for a token that has it"}));
  response.headers.Add(
      "WWW-Authenticate",
      fmt::format("Bearer realm=\"keelrow\", error=\"insufficient_scope\", scope=\"{}\"", scope));
  return response;
}

}  // namespace

http::Middleware RequireIdentity(std::shared_ptr<const Authenticator> authenticator,
                                 ModelOf model_of) {
  return [authenticator = std::move(authenticator), model_of = std::move(model_of)](
             http::Request& request, http::Reply reply, const http::Next& next) {
    const bool needed = request.route != nullptr && request.route->access == http::Access::kToken;
    if (!needed) return next(request, std::move(reply));
    auto identity = authenticator->Authenticate(request.headers);
    if (!identity) return reply(Unauthenticated(request, identity.error()));
    request.identity = std::move(*identity);
    const std::string& scope = request.route->scope;
    const std::string model = model_of(request);
    if (!Allows(*request.identity, scope, model)) {
      const bool other = AllowsSome(*request.identity, scope);
      return reply(Forbidden(other ? ScopeFor(scope, model) : scope));
    }
    next(request, std::move(reply));
  };
}

}  // namespace keelrow::gateway
