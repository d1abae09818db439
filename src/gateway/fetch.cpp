#include "gateway/fetch.h"

#include <fmt/format.h>

#include "http/client.h"

namespace keelrow::gateway {

bool IsLoopback(const http::Url& url) {
  return url.host == "localhost" || url.host == "::1" ||
         (url.host.starts_with("127.") &&
          url.host.find_first_not_of("0123456789.") == std::string::npos);
}

std::string Fetch(const http::Url& url, const FetchLimits& limits) {
  http::ClientOptions options = http::ClientOptions::To(url);
  options.timeout = limits.timeout;
  options.response_bytes_max = limits.bytes_max;
  http::Client client(std::move(options));
  http::Response response = client.Get(url.target, {{"Connection", "close"}});
  if (response.status == 200) return std::move(response.body);
  throw Error(Code::kIo, fmt::format("{} answers with status {}", url.ToString(), response.status));
}

}  // namespace keelrow::gateway
