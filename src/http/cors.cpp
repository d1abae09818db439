#include "http/cors.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "http/wire.h"

namespace keelrow::http {
namespace {

constexpr std::string_view kEverybody = "*";

/// Scheme, host and perhaps a port; a path or a closing slash would never match.
bool IsOrigin(std::string_view text) {
  const size_t colons = text.find("://");
  if (colons == std::string_view::npos || colons == 0) return false;
  const std::string_view host = text.substr(colons + 3);
  return !host.empty() && IsTarget(text) && host.find_first_of("/?#@*") == std::string_view::npos;
}

void CheckOptions(const CorsOptions& options) {
  for (const std::string& origin : options.origins) {
    if (origin != kEverybody && !IsOrigin(origin)) {
      throw Error(Code::kBadValue, fmt::format("`{}` is no origin", origin),
                  {.hint = "scheme, host and port as a browser sends them: https://shop.example"});
    }
    if (origin == kEverybody && options.credentials) {
      throw Error(Code::kBadValue, "credentials cannot be for the pages of everybody",
                  {.hint = "name the origins instead of `*`"});
    }
  }
  for (const auto* names : {&options.methods, &options.headers, &options.exposed_headers}) {
    for (const std::string& name : *names) {
      if (IsFieldName(name)) continue;
      throw Error(Code::kBadValue, fmt::format("`{}` is no method and no header", name));
    }
  }
}

class Policy {
 public:
  explicit Policy(CorsOptions options)
      : options_(std::move(options)),
        everybody_(std::ranges::count(options_.origins, kEverybody) > 0),
        methods_(fmt::format("{}", fmt::join(options_.methods, ", "))),
        headers_(fmt::format("{}", fmt::join(options_.headers, ", "))),
        exposed_(fmt::format("{}", fmt::join(options_.exposed_headers, ", "))) {}

  bool Admits(std::string_view origin) const {
    return everybody_ || std::ranges::find(options_.origins, origin) != options_.origins.end();
  }

  /// What every answer says to an origin that is admitted.
  void Mark(Headers& headers, std::string_view origin) const {
    headers.Set("Access-Control-Allow-Origin", std::string(everybody_ ? kEverybody : origin));
    if (options_.credentials) headers.Set("Access-Control-Allow-Credentials", "true");
    if (!exposed_.empty()) headers.Set("Access-Control-Expose-Headers", exposed_);
  }

  /// A cache must keep the answers to two origins apart.
  void MarkVary(Headers& headers) const {
    if (!everybody_) headers.Add("Vary", "Origin");
  }

  Response Preflight(std::string_view origin) const {
    if (!Admits(origin)) {
      return Response::FromError(
          Error(Code::kForbidden, "pages of this origin may not ask here",
                {.hint = "serve.cors.origins in the server's project file lists those that may"}));
    }
    Response response{.status = 204};
    Mark(response.headers, origin);
    response.headers.Remove("Access-Control-Expose-Headers");
    response.headers.Add("Access-Control-Allow-Methods", methods_);
    response.headers.Add("Access-Control-Allow-Headers", headers_);
    response.headers.Add("Access-Control-Max-Age", std::to_string(options_.max_age.count()));
    return response;
  }

 private:
  CorsOptions options_;
  bool everybody_;
  std::string methods_;
  std::string headers_;
  std::string exposed_;
};

}  // namespace

Middleware Cors(CorsOptions options) {
  CheckOptions(options);
  const auto policy = std::make_shared<const Policy>(std::move(options));
  return [policy](Request& request, Reply reply, const Next& next) {
    const auto given = request.headers.Find("Origin");
    if (given && request.method == "OPTIONS" &&
        request.headers.Find("Access-Control-Request-Method")) {
      Response response = policy->Preflight(*given);
      policy->MarkVary(response.headers);
      return reply(std::move(response));
    }
    std::string origin(given.value_or(""));
    next(request, Reply([policy, origin = std::move(origin),
                         reply = std::move(reply)](Response response) mutable {
           if (!origin.empty() && policy->Admits(origin)) policy->Mark(response.headers, origin);
           policy->MarkVary(response.headers);
           reply(std::move(response));
         }));
  };
}

}  // namespace keelrow::http
