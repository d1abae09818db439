#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace keelrow::http {

/// An absolute http or https URL, read strictly: what two readers could take for two things is
/// refused, because one of them may be the guard and the other the client.
struct Url {
  bool https = false;
  std::string host;  // lower case; an IPv6 address without its brackets
  uint16_t port = 0;
  std::string target;  // "/path?query", as it was written; at least "/"

  /// "host", "host:8080" or "[::1]:8080": what stands in a Host field.
  std::string Authority() const;
  std::string ToString() const;
  bool operator==(const Url&) const = default;
};

/// kBadRequest for: another scheme; user or password; a host that is neither a name nor an address
/// in its usual form ("127.1", "0x7f.0.0.1" and "2130706433" are loopback to some readers); a port
/// that is no number of 1 … 65535; a fragment, a backslash, a blank, control or non-ASCII byte.
Expected<Url> ParseUrl(std::string_view text);

/// "[::1]:80", "host:8080"; the port is left out where it is `port_by_default`.
std::string AuthorityOf(std::string_view host, uint16_t port, uint16_t port_by_default);

}  // namespace keelrow::http
