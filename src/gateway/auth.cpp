#include "gateway/auth.h"

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
    next(request, std::move(reply));
  };
}

}  // namespace keelrow::gateway
