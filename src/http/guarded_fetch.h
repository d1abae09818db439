#pragma once

#include <functional>
#include <string>

#include "http/address_guard.h"
#include "http/message.h"

namespace keelrow::http {

struct GuardedFetch {
  /// That may be anywhere, each by scheme, host and port: what else listens there stays closed.
  std::vector<Url> allowed_origins = {};
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::chrono::milliseconds timeout{10'000};  // of each exchange
  size_t bytes_max = size_t{16} << 20;
  int redirects_max = 3;
  /// What is sent to a host beside the usual, such as a token; asked anew after each redirect.
  std::function<Headers(const Url&)> headers = {};
};

/// Whether scheme, host and port are the same.
bool SameOrigin(const Url& a, const Url& b);

/// The body of a GET for a URL that came from outside. Every host on the way, redirects included,
/// must be public or of an allowed origin, and it is the address that was checked which is
/// connected to. Blocks. Throws what ResolveGuarded gives, kIo (no connection, another status),
/// kTimeout, kTooLarge, kBadRequest (no HTTP, or a redirect that leads nowhere or too far).
std::string FetchGuarded(const Url& url, const GuardedFetch& options);

}  // namespace keelrow::http
