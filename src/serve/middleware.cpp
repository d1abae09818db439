#include "serve/middleware.h"

#include "gateway/auth.h"
#include "gateway/basic.h"
#include "gateway/deadline.h"
#include "http/compression.h"
#include "http/middleware.h"
#include "protocols/protocols.h"
#include "serve/http_options.h"
#include "serve/management.h"
#include "serve/public_endpoints.h"
#include "serve/traffic.h"
#include "signals/access_log.h"

namespace keelrow::serve {
namespace {

http::Middleware CountRequests(predictions::ServeContext& context) {
  return http::Observe([&context](const http::Observed& observed) {
    const http::Route* route = observed.request.route;
    context.metrics.CountRequest(route == nullptr ? "" : route->pattern, observed.response.status,
                                 observed.duration);
  });
}

}  // namespace

std::vector<http::Middleware> MiddlewareOf(
    predictions::ServeContext& context, const project::ServeConfig& config,
    std::shared_ptr<const gateway::Authenticator> authenticator,
    const hybrid::HybridFolders& folders) {
  context.spans = SpanExporterOf(config.tracing);
  std::vector<http::Middleware> list = {
      http::RequestId(),                         // everything below names it
      TracingOf(config.tracing, context.spans),  // a span is of all that follows
      http::Observe(signals::LogAccess),         // sees the answer as it is sent
      CountRequests(context),
      http::Compress(),
      gateway::Deadlines(),
  };
  list.push_back(protocols::NameModels());  // auth and limits ask which model it is
  if (auto cors = CorsOf(config.cors)) list.push_back(*std::move(cors));  // before any token
  if (!config.management.remote) list.push_back(ManagementFromHere());
  if (authenticator) {
    list.push_back(gateway::PasswordAsToken());
    list.push_back(gateway::RequireIdentity(std::move(authenticator), ModelNames(context)));
  }
  list.push_back(
      gateway::Limit(RateLimiterOf(config.rate_limit, context.metrics), ModelNames(context)));
  if (auto hybrid = PublicEndpoints(config.hybrid, folders, context)) {
    list.push_back(*std::move(hybrid));  // sees what is refused below
  }
  if (config.limits.adaptive) list.push_back(AdmissionOf(config, context));
  return list;
}

std::vector<http::Middleware> ManagementMiddlewareOf(
    predictions::ServeContext& context, const project::ServeConfig& config,
    std::shared_ptr<const gateway::Authenticator> authenticator) {
  std::vector<http::Middleware> list = {
      http::RequestId(),      http::Tracing(),      http::Observe(signals::LogAccess),
      CountRequests(context), gateway::Deadlines(), protocols::NameModels()};
  if (!config.management.remote) list.push_back(ManagementFromHere());
  if (authenticator) {
    list.push_back(gateway::PasswordAsToken());
    list.push_back(gateway::RequireIdentity(std::move(authenticator), ModelNames(context)));
  }
  return list;
}

}  // namespace keelrow::serve
