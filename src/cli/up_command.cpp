#include <fmt/format.h>

#include <cstdio>

#include "base/stop.h"
#include "cli/commands.h"
#include "serve/model_service.h"
#include "track/store.h"

namespace keelrow::cli {
namespace {

struct UpArguments {
  std::string host;
  int port = -1;
  bool no_auth = false;
};

project::ServeConfig Adjusted(project::ServeConfig config, const UpArguments& arguments) {
  if (!arguments.host.empty()) config.host = arguments.host;
  if (arguments.port >= 0) config.port = arguments.port;
  if (arguments.no_auth) config.auth.enabled = false;
  return config;
}

/// Without a model there is nothing to answer with; the reason is said before anything listens.
void RequireChampion(const std::filesystem::path& store_file, const std::string& model) {
  const track::Store store(store_file);
  if (store.FindAlias(model, "champion")) return;
  throw Error(Code::kNotFound, fmt::format("`{}` has no promoted version to serve", model),
              {.hint = "`keelrow run` trains and promotes one"});
}

void Serve(const Globals& globals, const UpArguments& arguments) {
  const project::Project project = globals.LoadProject().project;
  const pipeline::Workspace workspace = globals.OpenWorkspace();
  RequireChampion(workspace.StoreFile(), project.name);
  const project::ServeConfig config = Adjusted(project.serve, arguments);
  serve::ModelService service({.store = workspace.StoreFile(),
                               .root = workspace.project_folder(),
                               .model = project.name,
                               .secret = workspace.root(),
                               .config = config});
  service.Start();
  fmt::print("Serving {} at {}://{}:{}  (a page to try it, /predict, /openapi.json, /metrics)\n",
             project.name, config.tls.certificate.empty() ? "http" : "https", config.host,
             service.Port());
  if (config.auth.enabled) fmt::print("Requests need a token: keelrow token\n");
  std::fflush(stdout);
  service.RunUntilStopped();
}

}  // namespace

void DefineUp(CLI::App& command, Globals& globals, Outcome&) {
  auto arguments = std::make_shared<UpArguments>();
  command.add_option("--host", arguments->host, "Address (default: serve.host)");
  command.add_option("--port", arguments->port, "Port, 0 for any free one (default: serve.port)")
      ->check(CLI::Range(0, 65535));
  command.add_flag("--no-auth", arguments->no_auth, "Answer without tokens");
  command.callback([&globals, arguments] { Serve(globals, *arguments); });
}

}  // namespace keelrow::cli
