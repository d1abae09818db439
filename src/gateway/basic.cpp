#include "gateway/basic.h"

#include <algorithm>

#include "base/base64.h"

namespace keelrow::gateway {
namespace {

constexpr std::string_view kScheme = "Basic ";

/// RFC 6750's b64token: nothing that could end a header's line.
bool IsTokenText(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/=").find(c) != std::string_view::npos;
  });
}

}  // namespace

http::Middleware PasswordAsToken() {
  return [](http::Request& request, http::Reply reply, const http::Next& next) {
    const std::string_view value = request.headers.Find("Authorization").value_or("");
    const bool basic = request.headers.Count("Authorization") == 1 &&
                       value.size() > kScheme.size() &&
                       http::EqualIgnoringCase(value.substr(0, kScheme.size()), kScheme);
    if (basic) {
      const auto pair = DecodeBase64(value.substr(kScheme.size())).value_or("");
      const std::string password = pair.substr(std::min(pair.size(), pair.find(':') + 1));
      if (pair.find(':') != std::string::npos && IsTokenText(password)) {
        request.headers.Set("Authorization", "Bearer " + password);
      }
    }
    next(request, std::move(reply));
  };
}

}  // namespace keelrow::gateway
