#include "serve/model_service.h"

#include "base/stop.h"
#include "models/compiled_cache.h"
#include "serve/middleware.h"
#include "serve/protocols.h"
#include "serve/public_endpoints.h"
#include "serve/role.h"
#include "serve/rollouts.h"
#include "serve/task_files.h"
#include "serve/waiting_threads.h"

namespace keelrow::serve {
namespace {

constexpr std::chrono::milliseconds kLook{5};
// For files that requests name by URL: few, and more than a service that only computes needs.
constexpr int kWaitingThreads = 4;
constexpr size_t kWaitingMax = 64;

models::RepositoryOptions RepositoryOptionsOf(const ModelServiceOptions& options,
                                              Metrics& metrics) {
  const project::ServeConfig& config = options.config;
  return {.load = config.models.load.value == "on_demand" ? models::Load::kOnDemand
                                                          : models::Load::kAliases,
          .lane = {.rows_max = config.batch.max,
                   .wait = config.batch.wait.value,
                   .queue_max = static_cast<size_t>(config.limits.queue)},
          .compiled = models::OpenCompiledCache(options.secret / "compiled"),
          .memory_max = config.models.memory.value,
          .every = config.watch.value,
          .on_failure = [&metrics](const std::string& model) { metrics.CountLoadFailure(model); }};
}

}  // namespace

struct ModelService::State {
  ModelServiceOptions options;
  ServeContext context;
  models::Executor executor;  // before the server: jobs answer requests
  WaitingThreads waiting;     // and ask the executor
  std::unique_ptr<http::Server> server;

  explicit State(ModelServiceOptions given)
      : options(std::move(given)),
        context{.model = options.model,
                .auth = options.config.auth.enabled,
                .pixels_max = options.config.limits.pixels,
                .language_models = HaveLanguageModels(options.config.hybrid)},
        executor(ThreadsOf(options.config)),
        waiting(kWaitingThreads, kWaitingMax) {
    context.task_files = std::make_shared<const TaskFiles>(
        options.config.label_studio, options.root, options.config.limits.body.value);
    context.routes = AllRoutes(context);
    server = std::make_unique<http::Server>(
        ServerOptionsOf(options.config, options.root, context.metrics),
        http::Router(context.routes,
                     MiddlewareOf(context, options.config,
                                  AuthenticatorOf(options.config.auth, {.workspace = options.secret,
                                                                        .project = options.root}),
                                  {.workspace = options.secret, .project = options.root})));
    context.load = [this] { return server->Load(); };
    context.post = [this](std::function<void()> job) { return server->Post(std::move(job)); };
    context.post_waiting = [this](std::function<void()> job) {
      return waiting.Post(std::move(job));
    };
  }
};

ModelService::ModelService(ModelServiceOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}

ModelService::~ModelService() {
  Stop(std::chrono::milliseconds(0));
}

void ModelService::Start() {
  State& state = *state_;
  std::vector<std::unique_ptr<models::Source>> sources;
  sources.push_back(models::RegistrySource(state.options.store, state.options.root));
  if (const std::string& folder = state.options.config.models.folder; !folder.empty()) {
    sources.push_back(models::FolderSource(state.options.root / folder));
  }
  state.context.models = std::make_unique<models::Repository>(
      std::move(sources), RepositoryOptionsOf(state.options, state.context.metrics),
      state.executor);
  state.context.rollouts =
      std::make_shared<Rollouts>(RolloutsOptions{.store = state.options.store,
                                                 .models = *state.context.models,
                                                 .every = state.options.config.watch.value});
  state.server->Start();
}

uint16_t ModelService::Port() const {
  return state_->server->Port();
}

bool ModelService::WaitUntilReady(std::chrono::milliseconds patience) const {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!state_->context.Ready()) {
    if (WaitForStop(kLook) || std::chrono::steady_clock::now() >= end) return false;
  }
  return true;
}

void ModelService::RunUntilStopped() {
  DrainWhenStopped([this](std::chrono::milliseconds drain) { return Stop(drain); });
}

bool ModelService::Stop(std::chrono::milliseconds drain) {
  state_->context.stopping = true;
  const bool drained = state_->server->Stop(drain);
  state_->context.rollouts.reset();  // nobody asks any more
  state_->context.models.reset();
  return drained;
}

}  // namespace keelrow::serve
