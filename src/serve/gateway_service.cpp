#include "serve/gateway_service.h"

#include <optional>

#include "gateway/forwarder.h"
#include "predictions/handlers.h"
#include "protocols/protocols.h"
#include "serve/management.h"
#include "serve/middleware.h"
#include "serve/public_endpoints.h"
#include "serve/role.h"

namespace keelrow::serve {
namespace {

using gateway::Forwarder;

constexpr std::string_view kPredictScope = "predict";

gateway::ForwarderOptions ForwarderOptionsOf(const project::GatewayConfig& config,
                                             signals::Metrics& metrics) {
  if (config.backends.empty()) {
    throw Error(Code::kBadValue, "a gateway needs at least one model service",
                {.hint = "name it with --backend http://127.0.0.1:8081, or in gateway.backends"});
  }
  gateway::ForwarderOptions options{
      .attempts_max = config.attempts,
      .attempt_timeout = config.attempt_timeout.value,
      .on_attempt = [&metrics](const gateway::Attempted& a) { metrics.CountAttempt(a); }};
  options.balancer.retry_share = config.retries;
  options.balancer.hedge_after = config.hedge;
  for (const std::string& backend : config.backends) {
    options.backends.push_back(gateway::ParseBackend(backend).Value());
  }
  return options;
}

/// One replica would do it and the others would not know.
http::Response NotManagedHere(const http::Request&) {
  return http::Response::FromError(
      Error(Code::kForbidden, "models are not managed through a gateway: it stands before several",
            {.hint = "ask each model service itself, or move an alias in their registry"}));
}

}  // namespace

struct GatewayService::State {
  GatewayServiceOptions options;
  predictions::ServeContext context;
  std::optional<Forwarder> forwarder;
  std::unique_ptr<http::Server> server;

  explicit State(GatewayServiceOptions given)
      : options(std::move(given)),
        context{.model = options.model,
                .auth = options.serve.auth.enabled,
                .metrics_token = options.serve.auth.metrics,
                .describe_token = options.serve.auth.describe.value == "token",
                .language_models = HaveLanguageModels(options.serve.hybrid)} {
    forwarder.emplace(ForwarderOptionsOf(options.gateway, context.metrics));
    context.backends_ready = [this] { return forwarder->Available(); };
    context.routes = Routes();
    server = std::make_unique<http::Server>(
        ServerOptionsOf(options.serve, options.root, context.metrics),
        http::Router(context.routes,
                     MiddlewareOf(context, options.serve,
                                  AuthenticatorOf(options.serve.auth, {.workspace = options.secret,
                                                                       .project = options.root}),
                                  {.workspace = options.secret, .project = options.root})));
    context.load = [this] { return server->Load(); };
  }

  http::Handler HandlerOf(const http::Route& route) {
    if (IsManagement(route)) return http::Sync(NotManagedHere);
    // A prediction changes nothing: one without an answer may be asked for again.
    return forwarder->Handler(route.scope == kPredictScope ? Forwarder::Repeat::kUnanswered
                                                           : Forwarder::Repeat::kIdempotentOnly);
  }

  /// The model service's, each sent on; but the probes and metrics are the gateway's own, and
  /// management is each model service's.
  std::vector<http::Route> Routes() {
    std::vector<http::Route> routes = protocols::AllRoutes(context);
    const http::Route metrics = predictions::MetricsGet(context, [this] { return Gauges(); });
    for (http::Route& route : routes) {
      if (route.probe) continue;
      route.handler = route.pattern == metrics.pattern ? metrics.handler : HandlerOf(route);
      route.run_on = http::RunOn::kIo;
    }
    return routes;
  }

  signals::ServiceGauges Gauges() const {
    signals::ServiceGauges gauges = context.Gauges();
    gauges.backends = forwarder->Views();
    return gauges;
  }
};

GatewayService::GatewayService(GatewayServiceOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}

GatewayService::~GatewayService() {
  Stop(std::chrono::milliseconds(0));
}

void GatewayService::Start() {
  state_->server->Start();
}

uint16_t GatewayService::Port() const {
  return state_->server->Port();
}

void GatewayService::RunUntilStopped() {
  DrainWhenStopped([this](std::chrono::milliseconds drain) { return Stop(drain); });
}

bool GatewayService::Stop(std::chrono::milliseconds drain) {
  state_->context.stopping = true;
  return state_->server->Stop(drain);
}

}  // namespace keelrow::serve
