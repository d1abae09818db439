#include "gateway/fetch.h"

#include "http/guarded_fetch.h"

namespace keelrow::gateway {

bool IsLoopback(const http::Url& url) {
  return url.host == "localhost" || url.host == "::1" ||
         (url.host.starts_with("127.") &&
          url.host.find_first_not_of("0123456789.") == std::string::npos);
}

std::string Fetch(const http::Url& url, const FetchLimits& limits) {
  return http::FetchGuarded(url, {.allowed_origins = {url},
                                  .deadline = std::chrono::steady_clock::now() + limits.timeout,
                                  .timeout = limits.timeout,
                                  .bytes_max = limits.bytes_max,
                                  .redirects_max = 0});
}

}  // namespace keelrow::gateway
