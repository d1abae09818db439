#include "serve/management.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace keelrow::serve {
namespace {

/// An address without a port: 127.0.0.0/8, ::1, or the former as IPv6 maps it.
bool IsLoopback(std::string_view address) {
  const std::string text(address);
  in_addr v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6) != 1) return false;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return v6.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&v6);
}

/// What proxies add. Others are asked for others' sake, whatever the address is that they name: the
/// field may be a lie of whom they ask for.
bool IsOfProxy(std::string_view field) {
  constexpr std::array<std::string_view, 4> kFields = {"forwarded", "via", "x-real-ip",
                                                       "x-client-ip"};
  const std::string name = LowerCase(field);
  return std::ranges::find(kFields, name) != kFields.end() || name.starts_with("x-forwarded-");
}

}  // namespace

bool IsFromHere(const http::Request& request) {
  return IsLoopback(std::string_view(request.remote).substr(0, request.remote.rfind(':'))) &&
         std::ranges::none_of(request.headers,
                              [](const auto& field) { return IsOfProxy(field.first); });
}

http::Middleware ManagementFromHere() {
  return [](http::Request& request, http::Reply reply, const http::Next& next) {
    if (request.route == nullptr || !IsManagement(*request.route) || IsFromHere(request)) {
      return next(request, std::move(reply));
    }
    reply(http::Response::FromError(
        Error(Code::kForbidden, "models are managed from the service's own machine only",
              {.hint = "serve.management: {listen: ADDRESS:PORT} or {remote: true} allow more"})));
  };
}

std::vector<http::Route> ManagementRoutes(const std::vector<http::Route>& all) {
  std::vector<http::Route> routes;
  std::ranges::copy_if(all, std::back_inserter(routes), [](const http::Route& route) {
    return IsManagement(route) || route.probe || route.pattern == "/metrics";
  });
  return routes;
}

std::vector<http::Route> WithoutManagement(const std::vector<http::Route>& all) {
  std::vector<http::Route> routes = all;
  std::erase_if(routes, IsManagement);
  return routes;
}

http::ServerOptions ManagementServerOptions(const project::ServeConfig& config,
                                            http::ServerOptions own) {
  const std::string& listen = config.management.listen;
  const size_t colon = listen.rfind(':');
  unsigned port = 65536;
  const char* end = listen.data() + listen.size();
  if (colon != std::string::npos && colon + 1 < listen.size()) {
    const auto [stop, failure] = std::from_chars(listen.data() + colon + 1, end, port);
    if (failure != std::errc() || stop != end) port = 65536;
  }
  if (port > 65535 || colon == 0) {
    throw Error(Code::kBadValue,
                fmt::format("serve.management.listen: `{}` is no ADDRESS:PORT", listen),
                {.hint = "listen: 127.0.0.1:8081"});
  }
  own.host = listen.substr(0, colon);
  if (own.host.front() == '[' && own.host.back() == ']') {
    own.host = own.host.substr(1, own.host.size() - 2);
  }
  own.port = static_cast<uint16_t>(port);
  own.io_threads = 1;
  own.worker_threads = 1;
  return own;
}

}  // namespace keelrow::serve
