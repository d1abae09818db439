#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "http/router.h"

namespace keelrow::http {

struct CorsOptions {
  /// "https://shop.example", as browsers send it; "*" for all, and then without credentials.
  std::vector<std::string> origins = {};
  std::vector<std::string> methods = {"GET", "HEAD", "POST"};
  std::vector<std::string> headers = {"Authorization", "Content-Type", "x-request-id",
                                      "traceparent"};
  std::vector<std::string> exposed_headers = {"x-request-id", "Retry-After", "RateLimit",
                                              "RateLimit-Policy"};
  bool credentials = false;           // cookies and TLS certificates of the browser's user
  std::chrono::seconds max_age{600};  // how long a browser keeps what a preflight said
};

/// Lets pages of other origins ask (the Fetch standard's CORS). A preflight is answered here,
/// before any token is asked for, since browsers send none with it; one of a stranger gets 403.
/// Other requests of strangers pass without the fields, so that the browser keeps the answer from
/// the page; refusing them would protect nobody, as whoever is no browser sends no Origin.
/// Throws kBadValue for an origin that no browser sends, and for credentials for everybody.
Middleware Cors(CorsOptions options);

}  // namespace keelrow::http
