#pragma once

#include <chrono>
#include <string>

#include "http/url.h"

namespace keelrow::gateway {

/// Whether a URL stays on this machine by its own word ("localhost", 127.x.y.z, ::1).
bool IsLoopback(const http::Url& url);

struct FetchLimits {
  std::chrono::milliseconds timeout{5'000};  // for the whole exchange
  size_t bytes_max = size_t{256} << 10;
};

/// The body of a GET from where the configuration says, wherever that is. Redirects are not
/// followed: they would leave the host that was configured. Throws kIo (no answer, or a status
/// other than 200), kNotFound (no such host), kTimeout, kTooLarge, kBadRequest (no HTTP), and of
/// https what TLS refuses: the server's certificate must be one that this machine trusts.
std::string Fetch(const http::Url& url, const FetchLimits& limits);

}  // namespace keelrow::gateway
