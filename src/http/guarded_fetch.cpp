#include "http/guarded_fetch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "http/client.h"

namespace keelrow::http {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::array kRedirects = {301, 302, 303, 307, 308};

std::chrono::milliseconds TimeLeft(const GuardedFetch& options, const Url& url) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(options.deadline - Clock::now());
  if (left.count() <= 0) {
    throw Error(Code::kTimeout, fmt::format("no time was left to ask {}", url.host));
  }
  return std::min(left, options.timeout);
}

Response Ask(const Url& url, const GuardedFetch& options, Headers headers) {
  GuardOptions guard{.timeout = TimeLeft(options, url)};
  const auto same = [&](const Url& origin) { return SameOrigin(origin, url); };
  if (std::ranges::any_of(options.allowed_origins, same)) {
    guard.allowed_hosts = {url.host};
  } else if (!IsNamed(url.host, options.public_hosts)) {
    throw Error(Code::kForbidden,
                fmt::format("{} is not among the hosts that files are fetched from", url.host));
  }
  ClientOptions client = ClientOptions::To(url);
  client.addresses = ResolveGuarded(url, guard).Value();
  client.timeout = TimeLeft(options, url);
  client.response_bytes_max = options.bytes_max;
  headers.Add("Connection", "close");
  return Client(std::move(client)).Get(url.target, std::move(headers));
}

/// Where a redirect leads: an absolute URL, or a path of the same host.
Url NextOf(const Url& url, const Response& response) {
  const std::string location(response.headers.Find("Location").value_or(""));
  const bool path = location.starts_with('/') && !location.starts_with("//");
  const std::string origin = (url.https ? "https://" : "http://") + url.Authority();
  return ParseUrl(path ? origin + location : location).Value();
}

}  // namespace

bool IsNamed(std::string_view host, const std::vector<std::string>& names) {
  return std::ranges::any_of(names, [&](std::string_view name) {
    if (name == "*" || name == host) return true;
    const bool domain = name.starts_with("*.") && name.size() > 2;
    return domain && host.size() >= name.size() && host.ends_with(name.substr(1));
  });
}

bool SameOrigin(const Url& a, const Url& b) {
  return a.https == b.https && a.host == b.host && a.port == b.port;
}

std::string FetchGuarded(const Url& url, const GuardedFetch& options) {
  Url next = url;
  bool left = false;  // the origin that was asked first
  for (int asked = 0; asked <= options.redirects_max; ++asked) {
    left = left || !SameOrigin(next, url);
    Response response =
        Ask(next, options, options.headers && !left ? options.headers(next) : Headers{});
    if (response.status == 200) return std::move(response.body);
    const bool moved = std::ranges::count(kRedirects, response.status) > 0;
    if (!moved || options.redirects_max == 0) {
      throw Error(Code::kIo, fmt::format("{} answers with status {}", next.host, response.status));
    }
    next = NextOf(next, response);
  }
  throw Error(Code::kBadRequest, fmt::format("{} redirects too often", url.host));
}

}  // namespace keelrow::http
