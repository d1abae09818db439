#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace keelrow::gateway {

/// "http://host:8080/path?query", taken apart.
struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // without the brackets of an IPv6 address
  uint16_t port = 80;
  std::string target;  // path and query, "/" at least

  /// Whether it stays on this machine by its own word ("localhost", 127.x.y.z, ::1).
  bool IsLoopback() const;
};

/// kBadValue for anything but http and https, a user or password, a fragment, blanks, a bad port.
Expected<Url> ParseUrl(std::string_view text);

struct FetchLimits {
  std::chrono::milliseconds timeout{5'000};  // for the whole exchange
  size_t bytes_max = size_t{256} << 10;
};

/// The body of a GET. Redirects are not followed: they would leave the host that was configured.
/// Throws kIo (no answer, or a status other than 200), kTimeout, kTooLarge, kBadRequest (no HTTP),
/// kUnsupported for https. This is the one place where TLS is to be added.
std::string Fetch(const Url& url, const FetchLimits& limits);

}  // namespace keelrow::gateway
