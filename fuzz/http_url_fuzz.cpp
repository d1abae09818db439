// A URL that is read has one meaning: written out and read again it is the same, its host is a name
// or an address and nothing else, and its target may stand in a request.
#include "http/url.h"

#include <algorithm>

#include "http/address_guard.h"
#include "http/wire.h"
#include "require.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace keelrow;
  const std::string_view text = fuzz::Text(data, size);
  http::IsPublicAddress(text);
  const auto url = http::ParseUrl(text);
  if (!url) return 0;
  const auto again = http::ParseUrl(url->ToString());
  fuzz::Require(again.ok() && *again == *url, "a URL comes back");
  fuzz::Require(url->port > 0, "there is a port");
  fuzz::Require(url->target.starts_with('/') && http::IsTarget(url->target), "a target is one");
  fuzz::Require(!url->host.empty() && url->host.size() <= 253, "a host is a host");
  fuzz::Require(std::ranges::none_of(url->host,
                                     [](char c) {
                                       const bool hex_or_name =
                                           (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                                           c == '-' || c == '_' || c == '.' || c == ':';
                                       return !hex_or_name;
                                     }),
                "a host holds no separator");
  fuzz::Require(
      text.find('@') == std::string_view::npos || url->target.find('@') != std::string::npos,
      "nobody is named before the host");
  return 0;
}
