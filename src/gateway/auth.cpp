#include "gateway/auth.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelrow::gateway {
namespace {

constexpr std::string_view kScheme = "Bearer ";

Error Missing(std::string message) {
  return Error(Code::kUnauthenticated, std::move(message),
               {.hint = "send `Authorization: Bearer <token>`; `keelrow token` makes one"});
}

Expected<Claims> Authenticate(const http::Request& request, const TokenAuthority& authority) {
  const size_t count = request.headers.Count("Authorization");
  if (count == 0) return Missing("the request carries no token");
  std::string_view value = *request.headers.Find("Authorization");
  if (count > 1 || value.size() <= kScheme.size() ||
      !http::EqualIgnoringCase(value.substr(0, kScheme.size()), kScheme)) {
    return Missing("the request's Authorization is not a bearer token");
  }
  return authority.Verify(value.substr(kScheme.size()));
}

http::Response Unauthenticated(const http::Request& request, const Error& error) {
  http::Response response = http::Response::FromError(error);
  const bool given = request.headers.Count("Authorization") > 0;
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

bool HasScope(const http::Identity& identity, const std::string& scope) {
  return scope.empty() || std::ranges::find(identity.scopes, scope) != identity.scopes.end();
}

}  // namespace

http::Middleware RequireToken(std::shared_ptr<const TokenAuthority> authority) {
  return [authority = std::move(authority)](http::Request& request, http::Reply reply,
                                            const http::Next& next) {
    const bool needed = request.route != nullptr && request.route->access == http::Access::kToken;
    if (!needed) return next(request, std::move(reply));
    auto claims = Authenticate(request, *authority);
    if (!claims) return reply(Unauthenticated(request, claims.error()));
    request.identity =
        http::Identity{.subject = std::move(claims->subject), .scopes = std::move(claims->scopes)};
    const std::string& scope = request.route->scope;
    if (!HasScope(*request.identity, scope)) return reply(Forbidden(scope));
    next(request, std::move(reply));
  };
}

}  // namespace keelrow::gateway
