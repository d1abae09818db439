#include "serve/model_service.h"

#include "base/stop.h"
#include "serve/middleware.h"
#include "serve/model_watcher.h"
#include "serve/protocols.h"
#include "serve/role.h"

namespace keelrow::serve {
namespace {

constexpr std::chrono::milliseconds kLook{5};

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
        http::Router(context.routes,
                     MiddlewareOf(context, options.config,
                                  AuthorityOf(options.config.auth, options.secret))));
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
  DrainWhenStopped([this](std::chrono::milliseconds drain) { return Stop(drain); });
}

bool ModelService::Stop(std::chrono::milliseconds drain) {
  state_->context.stopping = true;
  state_->watcher.reset();
  return state_->server->Stop(drain);
}

}  // namespace keelrow::serve
