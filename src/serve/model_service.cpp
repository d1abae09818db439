#include "serve/model_service.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/parallel.h"
#include "base/stop.h"
#include "gateway/secret.h"
#include "serve/middleware.h"
#include "serve/model_watcher.h"
#include "serve/protocols.h"

namespace keelrow::serve {
namespace {

// Kubernetes sends SIGKILL 30 s after SIGTERM.
constexpr std::chrono::milliseconds kDrain{20'000};
constexpr std::chrono::milliseconds kLook{5};

http::Limits LimitsOf(const project::ServeLimitsConfig& config) {
  return {.header_bytes_max = config.header.value,
          .body_bytes_max = config.body.value,
          .bodies_bytes_max = config.bodies.value,
          .body_timeout = config.body_timeout.value,
          .idle_timeout = config.idle_timeout.value,
          .connections_max = static_cast<size_t>(config.connections),
          .queue_max = static_cast<size_t>(config.queue)};
}

http::ServerOptions ServerOptionsOf(const project::ServeConfig& config, Metrics& metrics) {
  const int cores = AvailableCores();
  return {.host = config.host,
          .port = static_cast<uint16_t>(config.port),
          // Beast serves 35 k requests/s on one core (design §5); inference needs the others.
          .io_threads = std::clamp(cores / 8, 1, 4),
          .worker_threads = config.threads > 0 ? config.threads : cores,
          .limits = LimitsOf(config.limits),
          .on_refused = [&metrics](int status, const std::string&) {
            metrics.CountRequest({}, status);
          }};
}

std::shared_ptr<const gateway::TokenAuthority> AuthorityOf(const ModelServiceOptions& options) {
  if (!options.config.auth.enabled) return nullptr;
  return std::make_shared<gateway::TokenAuthority>(gateway::LoadOrCreateSecret(options.secret));
}

}  // namespace

struct ModelService::State {
  ModelServiceOptions options;
  ServeContext context;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<ModelWatcher> watcher;

  explicit State(ModelServiceOptions given)
      : options(std::move(given)),
        context{.model = options.model, .auth = options.config.auth.enabled} {
    context.routes = AllRoutes(context);
    server = std::make_unique<http::Server>(
        ServerOptionsOf(options.config, context.metrics),
        http::Router(context.routes, MiddlewareOf(context, options.config, AuthorityOf(options))));
    context.load = [this] { return server->Load(); };
  }
};

ModelService::ModelService(ModelServiceOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}

ModelService::~ModelService() {
  Stop(std::chrono::milliseconds(0));
}

void ModelService::Start() {
  state_->server->Start();
  state_->watcher = std::make_unique<ModelWatcher>(
      WatchOptions{.store = state_->options.store,
                   .root = state_->options.root,
                   .pixels_max = state_->options.config.limits.pixels,
                   .every = state_->options.config.watch.value},
      state_->context);
}

uint16_t ModelService::Port() const {
  return state_->server->Port();
}

bool ModelService::WaitUntilReady(std::chrono::milliseconds patience) const {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!state_->context.slot.Get()) {
    if (WaitForStop(kLook) || std::chrono::steady_clock::now() >= end) return false;
  }
  return true;
}

void ModelService::RunUntilStopped() {
  while (!WaitForStop(std::chrono::seconds(60))) {
  }
  log::Info("stopping: requests in flight are finished first");
  if (!Stop(kDrain)) log::Warning("some requests were cut off after {} s", kDrain.count() / 1000);
}

bool ModelService::Stop(std::chrono::milliseconds drain) {
  state_->context.stopping = true;
  state_->watcher.reset();
  return state_->server->Stop(drain);
}

}  // namespace keelrow::serve
