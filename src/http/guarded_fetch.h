#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/address_guard.h"
#include "http/message.h"

namespace keelrow::http {

struct GuardedFetch {
  /// That may be anywhere, each by scheme, host and port: what else listens there stays closed.
  std::vector<Url> allowed_origins = {};
  /// Beside them: hosts that are public, and called so (IsNamed).
  std::vector<std::string> public_hosts = {"*"};
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  std::chrono::milliseconds timeout{10'000};  // of each exchange
  size_t bytes_max = size_t{16} << 20;
  int redirects_max = 3;  // 0: none is followed, it is a status like others
  /// What is sent beside the usual, such as a token: asked for each exchange with the origin that
  /// was asked first. After a redirect to another nothing more is sent, not even back there: where
  /// that leads is a stranger's choice.
  std::function<Headers(const Url&)> headers = {};
};

/// Whether a host, in lower case, is one of `names`: each itself, or "*.example.com" for all below
/// a domain, or "*" for all.
bool IsNamed(std::string_view host, const std::vector<std::string>& names);

/// Whether scheme, host and port are the same.
bool SameOrigin(const Url& a, const Url& b);

/// The body of a GET for a URL that came from outside. Every host on the way, redirects included,
/// must be one that is named and public, or of an allowed origin, and it is the address that was
/// checked which is connected to. Blocks. Throws what ResolveGuarded gives, kIo (no connection,
/// another status), kTimeout, kTooLarge, kBadRequest (no HTTP, or a redirect that leads nowhere or
/// too far).
std::string FetchGuarded(const Url& url, const GuardedFetch& options);

}  // namespace keelrow::http
