#include "http/url.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/text.h"

namespace keelrow::http {
namespace {

constexpr size_t kHostBytesMax = 253;  // RFC 1035 section 2.3.4, as is the next
constexpr size_t kLabelBytesMax = 63;

Error Refused(std::string_view what) {
  return Error(Code::kBadRequest, fmt::format("the URL {}", what));
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsAddress(int family, const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(family, text.c_str(), bytes.data()) == 1;
}

/// Letters, digits, "-" and "_", the last as in names of containers.
bool IsLabel(std::string_view label) {
  const auto allowed = [](char c) { return IsDigit(c) || (c >= 'a' && c <= 'z') || c == '_'; };
  return !label.empty() && label.size() <= kLabelBytesMax && label.front() != '-' &&
         label.back() != '-' &&
         std::ranges::all_of(label, [&](char c) { return allowed(c) || c == '-'; });
}

/// A name whose last label is a number is an address to some resolvers (WHATWG URL, "ends in a
/// number"): it must then be one to all.
bool EndsInANumber(std::string_view host) {
  const std::string_view last = host.substr(host.rfind('.') + 1);
  return std::ranges::all_of(last, IsDigit) || last.starts_with("0x");
}

bool IsHostName(const std::string& host) {
  if (host.empty() || host.size() > kHostBytesMax) return false;
  for (size_t begin = 0; begin <= host.size();) {
    const size_t end = std::min(host.find('.', begin), host.size());
    if (!IsLabel(std::string_view(host).substr(begin, end - begin))) return false;
    begin = end + 1;
  }
  return !EndsInANumber(host) || IsAddress(AF_INET, host);
}

std::optional<Error> ReadScheme(std::string_view& rest, Url& url) {
  const std::string scheme = LowerCase(rest.substr(0, rest.find(':')));
  url.https = scheme == "https";
  if (!url.https && scheme != "http") return Refused("begins with neither http:// nor https://");
  rest.remove_prefix(scheme.size());
  if (!rest.starts_with("://")) return Refused("has no `//` behind its scheme");
  rest.remove_prefix(3);
  return std::nullopt;
}

std::optional<Error> ReadHost(std::string_view& authority, Url& url) {
  if (authority.starts_with('[')) {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) return Refused("has a bracket that does not close");
    url.host = LowerCase(authority.substr(1, end - 1));
    authority.remove_prefix(end + 1);
    if (!IsAddress(AF_INET6, url.host)) return Refused("has no IPv6 address in its brackets");
    return std::nullopt;
  }
  url.host = LowerCase(authority.substr(0, authority.find(':')));
  authority.remove_prefix(url.host.size());
  if (!IsHostName(url.host)) return Refused("has no host name or address in its usual form");
  return std::nullopt;
}

std::optional<Error> ReadPort(std::string_view text, Url& url) {
  url.port = url.https ? 443 : 80;
  if (text.empty()) return std::nullopt;
  text.remove_prefix(1);
  unsigned port = 0;
  const bool digits = !text.empty() && text.size() <= 5 && std::ranges::all_of(text, IsDigit);
  if (digits) std::from_chars(text.data(), text.data() + text.size(), port);
  if (port < 1 || port > 65535) return Refused("has no port of 1 to 65535");
  url.port = static_cast<uint16_t>(port);
  return std::nullopt;
}

}  // namespace

std::string AuthorityOf(std::string_view host, uint16_t port, uint16_t port_by_default) {
  const bool brackets = host.find(':') != std::string_view::npos;
  const std::string name = brackets ? fmt::format("[{}]", host) : std::string(host);
  return port == port_by_default ? name : fmt::format("{}:{}", name, port);
}

std::string Url::Authority() const {
  return AuthorityOf(host, port, https ? 443 : 80);
}

std::string Url::ToString() const {
  return fmt::format("{}://{}{}", https ? "https" : "http", Authority(), target);
}

Expected<Url> ParseUrl(std::string_view text) {
  const auto forbidden = [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f ||
           c == '\\' || c == '#';
  };
  if (std::ranges::any_of(text, forbidden)) {
    return Refused("holds a blank, a control, a non-ASCII byte, `\\` or `#`");
  }
  Url url;
  if (auto error = ReadScheme(text, url)) return *std::move(error);
  const size_t end = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, end);
  if (authority.find('@') != std::string_view::npos) return Refused("names a user");
  if (auto error = ReadHost(authority, url)) return *std::move(error);
  if (!authority.empty() && authority.front() != ':') return Refused("has no port of 1 to 65535");
  if (auto error = ReadPort(authority, url)) return *std::move(error);
  url.target = std::string(text.substr(end));
  if (!url.target.starts_with('/')) url.target.insert(0, 1, '/');
  return url;
}

}  // namespace keelrow::http
