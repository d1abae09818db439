#include <fmt/format.h>

#include <cstdio>

#include "base/stop.h"
#include "cli/commands.h"
#include "engine/session.h"
#include "serve/gateway_service.h"
#include "serve/model_service.h"
#include "track/store.h"

namespace keelrow::cli {
namespace {

/// Everything in one process; a model service behind a gateway, which limits for it; or a gateway.
constexpr const char* kAll = "all";
constexpr const char* kModel = "model";
constexpr const char* kGateway = "gateway";

struct UpArguments {
  std::string role = kAll;
  std::vector<std::string> backends;
  std::string host;
  int port = -1;
  bool no_auth = false;
};

project::ServeConfig Adjusted(project::ServeConfig config, const UpArguments& arguments) {
  if (!arguments.host.empty()) config.host = arguments.host;
  if (arguments.port >= 0) config.port = arguments.port;
  if (arguments.no_auth) config.auth.enabled = false;
  if (arguments.role == kModel) {  // the gateway does these
    config.rate_limit = {.all = {}};
    config.hybrid.endpoints.clear();
  }
  return config;
}

/// The model that answers where a request names none: the project's, or none where a folder of
/// models is served and nothing has been promoted. Without any the reason is said before anything
/// listens.
std::string DefaultModel(const std::filesystem::path& store_file, const project::Project& project) {
  const track::Store store(store_file);
  if (store.FindAlias(project.name, "champion")) return project.name;
  if (!project.serve.models.folder.empty()) return "";
  throw Error(Code::kNotFound, fmt::format("`{}` has no promoted version to serve", project.name),
              {.hint = "`keelrow run` trains and promotes one"});
}

/// Starts it, says where it is, and returns when it was asked to stop.
template <class Service>
void Run(Service& service, const project::ServeConfig& config, const std::string& what) {
  service.Start();
  fmt::print("{} at {}://{}:{}  (a page to try it, /predict, /openapi.json, /metrics)\n", what,
             config.tls.certificate.empty() ? "http" : "https", config.host, service.Port());
  if (config.auth.enabled) fmt::print("Requests need a token: keelrow token\n");
  std::fflush(stdout);
  service.RunUntilStopped();
}

void ServeModel(const Globals& globals, const UpArguments& arguments) {
  const std::future<void> engine = engine::StartEngine();  // while the project is read
  const project::Project project = globals.LoadProject().project;
  const pipeline::Workspace workspace = globals.OpenWorkspace();
  const project::ServeConfig config = Adjusted(project.serve, arguments);
  serve::ModelService service({.store = workspace.StoreFile(),
                               .root = workspace.project_folder(),
                               .model = DefaultModel(workspace.StoreFile(), project),
                               .secret = workspace.root(),
                               .config = config});
  Run(service, config, fmt::format("Serving {}", project.name));
}

void ServeGateway(const Globals& globals, const UpArguments& arguments) {
  const project::Project project = globals.LoadProject().project;
  const pipeline::Workspace workspace = globals.OpenWorkspace();
  project::GatewayConfig gateway = project.gateway;
  if (!arguments.backends.empty()) gateway.backends = arguments.backends;
  const project::ServeConfig config = Adjusted(project.serve, arguments);
  const size_t backends = gateway.backends.size();
  serve::GatewayService service({.model = project.name,
                                 .secret = workspace.root(),
                                 .root = workspace.project_folder(),
                                 .serve = config,
                                 .gateway = std::move(gateway)});
  Run(service, config,
      fmt::format("Gateway to {} model service{} of {}", backends, backends == 1 ? "" : "s",
                  project.name));
}

void Serve(const Globals& globals, const UpArguments& arguments) {
  if (!arguments.backends.empty() && arguments.role != kGateway) {
    throw Error(Code::kUsage, "--backend is for gateways",
                {.hint = "add --role gateway, or leave it out"});
  }
  if (arguments.role == kGateway) return ServeGateway(globals, arguments);
  ServeModel(globals, arguments);
}

}  // namespace

void DefineUp(CLI::App& command, Globals& globals, Outcome&) {
  auto arguments = std::make_shared<UpArguments>();
  command
      .add_option("--role", arguments->role,
                  "all: in one process (default); model: behind a gateway, without rate limits; "
                  "gateway: before model services")
      ->check(CLI::IsMember({kAll, kModel, kGateway}));
  command.add_option("--backend", arguments->backends,
                     "A gateway's model service, http://HOST:PORT (default: gateway.backends)");
  command.add_option("--host", arguments->host, "Address (default: serve.host)");
  command.add_option("--port", arguments->port, "Port, 0 for any free one (default: serve.port)")
      ->check(CLI::Range(0, 65535));
  command.add_flag("--no-auth", arguments->no_auth, "Answer without tokens");
  command.callback([&globals, arguments] { Serve(globals, *arguments); });
}

}  // namespace keelrow::cli
