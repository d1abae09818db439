#include "gateway/fetch.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "http/client.h"

namespace keelrow::gateway {
namespace {

Error BadUrl(std::string_view text, std::string_view why) {
  return Error(Code::kBadValue, fmt::format("`{}` is no URL to fetch from: {}", text, why));
}

bool IsPrintable(char c) {
  return c > ' ' && c < '\x7f';
}

std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = failure == std::errc() && end == text.data() + text.size();
  return whole && port != 0 ? std::optional(port) : std::nullopt;
}

/// "host", "host:80", "[::1]:80" into the URL; what is wrong with it, or empty.
std::string_view ReadAuthority(std::string_view authority, Url& url) {
  const bool bracketed = authority.starts_with('[');
  const size_t end = bracketed ? authority.find(']') : authority.find(':');
  if (bracketed && end == std::string_view::npos) return "a bracket is not closed";
  std::string_view rest = authority.substr(std::min(end, authority.size()));
  url.host = authority.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end);
  if (bracketed) rest.remove_prefix(1);
  if (url.host.empty()) return "it names no host";
  if (rest.empty()) return {};
  const auto port = rest.front() == ':' ? ParsePort(rest.substr(1)) : std::nullopt;
  if (!port) return "its port is no number from 1 to 65535";
  url.port = *port;
  return {};
}

}  // namespace

bool Url::IsLoopback() const {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

Expected<Url> ParseUrl(std::string_view text) {
  const size_t colon = text.find("://");
  Url url{.scheme = std::string(text.substr(0, std::min(colon, text.size())))};
  if (colon == std::string_view::npos || (url.scheme != "http" && url.scheme != "https")) {
    return BadUrl(text, "it begins with neither http:// nor https://");
  }
  if (!std::ranges::all_of(text, IsPrintable)) return BadUrl(text, "it has a blank or worse");
  if (text.find_first_of("@#\\") != std::string_view::npos) {
    return BadUrl(text, "it has a user, a fragment or a backslash");
  }
  const std::string_view rest = text.substr(colon + 3);
  const size_t slash = std::min(rest.find_first_of("/?"), rest.size());
  url.port = url.scheme == "https" ? 443 : 80;
  const std::string_view fault = ReadAuthority(rest.substr(0, slash), url);
  if (!fault.empty()) return BadUrl(text, fault);
  url.target = rest.substr(slash);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

std::string Fetch(const Url& url, const FetchLimits& limits) {
  if (url.scheme == "https") {
    throw Error(Code::kUnsupported, fmt::format("{} needs TLS, which is not spoken yet", url.host),
                {.hint = "fetch it into a file, or through a proxy on this machine"});
  }
  http::Client client({.host = url.host,
                       .port = url.port,
                       .timeout = limits.timeout,
                       .response_bytes_max = limits.bytes_max});
  const bool address = url.host.find(':') != std::string::npos;  // of IPv6
  const std::string host =
      fmt::format("{}:{}", address ? "[" + url.host + "]" : url.host, url.port);
  http::Response response = client.Get(url.target, {{"Host", host}, {"Connection", "close"}});
  if (response.status == 200) return std::move(response.body);
  throw Error(Code::kIo,
              fmt::format("{}{} answers with status {}", host, url.target, response.status));
}

}  // namespace keelrow::gateway
