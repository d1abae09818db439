#include "serve/model_service.h"

#include "base/stop.h"
#include "models/compiled_cache.h"
#include "predictions/rollouts.h"
#include "predictions/task_files.h"
#include "predictions/waiting_threads.h"
#include "protocols/protocols.h"
#include "serve/management.h"
#include "serve/middleware.h"
#include "serve/public_endpoints.h"
#include "serve/role.h"

namespace keelrow::serve {
namespace {

constexpr std::chrono::milliseconds kLook{5};
// Of each kind of waiting: few, for files that requests name by URL and for models on demand.
constexpr int kWaitingThreads = 4;
constexpr size_t kWaitingMax = 64;

models::LaneOptions LaneOf(const project::BatchConfig& batch, int queue) {
  return {.rows_max = batch.max, .wait = batch.wait.value, .queue_max = static_cast<size_t>(queue)};
}

std::map<std::string, models::LaneOptions> OwnLanes(const project::ServeConfig& config) {
  std::map<std::string, models::LaneOptions> lanes;
  for (const auto& [name, own] : config.models.settings) {
    models::LaneOptions& lane = lanes[name];
    lane =
        LaneOf(own.batch.value_or(config.batch), own.queue > 0 ? own.queue : config.limits.queue);
    lane.threads = own.threads;
    lane.instances = own.instances;
  }
  return lanes;
}

std::map<std::string, models::SequenceOptions> SequencesOf(const project::ServeConfig& config) {
  std::map<std::string, models::SequenceOptions> sequences;
  for (const auto& [name, own] : config.models.settings) {
    if (!own.sequence) continue;
    sequences[name] = {.axis = own.sequence->axis,
                       .buckets = {own.sequence->buckets.begin(), own.sequence->buckets.end()},
                       .pad = own.sequence->pad};
  }
  return sequences;
}

models::RepositoryOptions RepositoryOptionsOf(const ModelServiceOptions& options,
                                              signals::Metrics& metrics) {
  const project::ServeConfig& config = options.config;
  return {.load = config.models.load.value == "on_demand" ? models::Load::kOnDemand
                                                          : models::Load::kAliases,
          .lane = LaneOf(config.batch, config.limits.queue),
          .compiled = options.secret.empty()
                          ? std::filesystem::path()
                          : models::OpenCompiledCache(options.secret / "compiled"),
          .lanes = OwnLanes(config),
          .sequences = SequencesOf(config),
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
  // In the order of use: each may use those above it, and what it does ends before they go.
  ModelServiceOptions options;
  models::Executor executor;
  predictions::ServeContext context;  // with the models, which load for the executor
  predictions::WaitingThreads fetching;
  predictions::WaitingThreads loading;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<http::Server> management;  // null: on the same port

  explicit State(ModelServiceOptions given)
      : options(std::move(given)),
        executor(ThreadsOf(options.config)),
        context{.model = options.model,
                .auth = options.config.auth.enabled,
                .metrics_token = options.config.auth.metrics,
                .describe_token = options.config.auth.describe.value == "token",
                .pixels_max = options.config.limits.pixels,
                .language_models = HaveLanguageModels(options.config.hybrid)},
        fetching(kWaitingThreads, kWaitingMax),
        loading(kWaitingThreads, kWaitingMax) {
    context.task_files = std::make_shared<const predictions::TaskFiles>(
        options.config.label_studio, options.root, options.config.limits.body.value);
    if (!options.mounted.empty()) {
      context.mounted = std::make_shared<models::MountedModels>(options.mounted);
      context.memory_max = options.config.models.memory.value;
    }
    context.routes = protocols::AllRoutes(context);
    const auto authenticator = AuthenticatorOf(
        options.config.auth, {.workspace = options.secret, .project = options.root});
    const http::ServerOptions listening =
        ServerOptionsOf(options.config, options.root, context.metrics);
    const bool apart = !options.config.management.listen.empty();
    server = std::make_unique<http::Server>(
        listening,
        http::Router(apart ? WithoutManagement(context.routes) : context.routes,
                     MiddlewareOf(context, options.config, authenticator,
                                  {.workspace = options.secret, .project = options.root})));
    if (apart) {
      management = std::make_unique<http::Server>(
          ManagementServerOptions(options.config, listening),
          http::Router(ManagementRoutes(context.routes),
                       ManagementMiddlewareOf(context, options.config, authenticator)));
    }
    context.load = [this] { return server->Load(); };
    context.post = [this](std::function<void()> job) { return server->Post(std::move(job)); };
    context.post_fetching = [this](std::function<void()> job) {
      return fetching.Post(std::move(job));
    };
    context.post_loading = [this](std::function<void()> job) {
      return loading.Post(std::move(job));
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
  if (const project::RequestLogConfig& log = state.options.config.request_log;
      !log.folder.empty()) {
    state.context.request_log = std::make_unique<signals::RequestLog>(
        log, signals::LineFilesOptions{.folder = state.options.root / log.folder,
                                       .file_bytes = log.file.value,
                                       .files = static_cast<size_t>(log.files)});
  }
  if (const project::CacheConfig& cache = state.options.config.cache; cache.bytes.value > 0) {
    state.context.cache = std::make_unique<predictions::AnswerCache>(cache);
  }
  state.context.models = std::make_unique<models::Repository>(
      std::move(sources), RepositoryOptionsOf(state.options, state.context.metrics),
      state.executor);
  if (!state.options.store.empty()) {
    state.context.rollouts = std::make_shared<predictions::Rollouts>(
        predictions::RolloutsOptions{.store = state.options.store,
                                     .models = *state.context.models,
                                     .every = state.options.config.watch.value});
  }
  if (state.management) state.management->Start();
  state.server->Start();
}

uint16_t ModelService::ManagementPort() const {
  return state_->management ? state_->management->Port() : Port();
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
  using std::chrono::steady_clock;
  const auto end = steady_clock::now() + drain;
  state_->context.stopping = true;
  const bool drained = state_->server->Stop(drain);
  if (state_->management) {
    state_->management->Stop(
        std::max(std::chrono::milliseconds(0),
                 std::chrono::duration_cast<std::chrono::milliseconds>(end - steady_clock::now())));
  }
  // Everybody has an answer. What still runs for them ends while the routes that it reads are
  // there.
  if (state_->context.models) state_->context.models->Close();
  state_->fetching.Close();
  state_->loading.Close();
  state_->executor.Close();
  return drained;
}

}  // namespace keelrow::serve
