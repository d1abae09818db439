#include "serve/model_service.h"

#include "base/stop.h"
#include "serve/middleware.h"
#include "serve/protocols.h"
#include "serve/role.h"
#include "serve/task_files.h"
#include "serve/waiting_threads.h"

namespace keelrow::serve {
namespace {

constexpr std::chrono::milliseconds kLook{5};
// For files that requests name by URL: few, and more than a service that only computes needs.
constexpr int kWaitingThreads = 4;
constexpr size_t kWaitingMax = 64;

models::RepositoryOptions RepositoryOptionsOf(const project::ServeConfig& config,
                                              Metrics& metrics) {
  return {.load = config.models.load.value == "on_demand" ? models::Load::kOnDemand
                                                          : models::Load::kAliases,
          .lane = {.rows_max = config.batch.max,
                   .wait = config.batch.wait.value,
                   .queue_max = static_cast<size_t>(config.limits.queue)},
          .memory_max = config.models.memory.value,
          .every = config.watch.value,
          .on_failure = [&metrics](const std::string& model) { metrics.CountLoadFailure(model); }};
}

models::ChainWishes WishesOf(const project::ModelsConfig& config) {
  models::ChainWishes wishes;
  for (const auto& [name, parts] : config.chains) {
    if (!models::IsModelName(name)) {
      throw Error(Code::kBadValue, "`" + name + "` cannot be the name of a chain",
                  {.hint = "letters, digits and . _ -"});
    }
    for (const project::ChainPartConfig& part : parts) {
      wishes[name].push_back({.model = part.model, .version = part.version, .inputs = part.inputs});
    }
  }
  return wishes;
}

/// Of equal names the first source's counts.
std::vector<std::unique_ptr<models::Source>> SourcesOf(const ModelServiceOptions& options) {
  std::vector<std::unique_ptr<models::Source>> sources;
  if (!options.store.empty()) {
    sources.push_back(models::RegistrySource(options.store, options.root));
  }
  if (const std::string& folder = options.config.models.folder; !folder.empty()) {
    sources.push_back(models::FolderSource(options.root / folder));
  }
  return sources;
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
                .pixels_max = options.config.limits.pixels},
        executor(ThreadsOf(options.config)),
        waiting(kWaitingThreads, kWaitingMax) {
    context.task_files = std::make_shared<const TaskFiles>(
        options.config.label_studio, options.root, options.config.limits.body.value);
    if (!options.mounted.empty()) {
      context.mounted = std::make_shared<models::MountedModels>(options.mounted);
      context.memory_max = options.config.models.memory.value;
    }
    context.routes = AllRoutes(context);
    server = std::make_unique<http::Server>(
        ServerOptionsOf(options.config, options.root, context.metrics),
        http::Router(context.routes, MiddlewareOf(context, options.config,
                                                  AuthenticatorOf(options.config.auth,
                                                                  {.workspace = options.secret,
                                                                   .project = options.root}))));
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
  auto sources = SourcesOf(state.options);
  if (auto chains = WishesOf(state.options.config.models); !chains.empty()) {
    sources.push_back(models::ChainSource(std::move(chains), SourcesOf(state.options)));
  }
  if (state.context.mounted) sources.push_back(models::MountedSource(state.context.mounted));
  state.context.models = std::make_unique<models::Repository>(
      std::move(sources), RepositoryOptionsOf(state.options.config, state.context.metrics),
      state.executor);
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
  state_->context.models.reset();  // nobody asks any more
  return drained;
}

}  // namespace keelrow::serve
