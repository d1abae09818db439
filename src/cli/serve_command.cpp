#include <fmt/format.h>

#include <charconv>
#include <cstdio>

#include "base/environment.h"
#include "base/files.h"
#include "cli/commands.h"
#include "models/source.h"
#include "serve/model_service.h"

// A container's command, as SageMaker runs it: `docker run IMAGE serve`.
namespace keelrow::cli {
namespace {

constexpr const char* kModelFolder = "/opt/ml/model";
constexpr const char* kModelsFolder = "/opt/ml/models";
constexpr double kMemoryShare = 0.8;  // of what the container may take

struct ServeArguments {
  std::string models;
  std::string host = "0.0.0.0";
  int port = -1;
  bool multi_model = false;
};

int PortOf(const ServeArguments& arguments) {
  if (arguments.port >= 0) return arguments.port;
  const std::string text = Environment("SAGEMAKER_BIND_TO_PORT");
  if (text.empty()) return 8080;
  int port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure == std::errc() && end == text.data() + text.size() && port > 0 && port < 65536) {
    return port;
  }
  throw Error(Code::kBadValue, fmt::format("SAGEMAKER_BIND_TO_PORT is `{}`, no port", text));
}

/// What the container may take in memory (cgroup v2, v1); 0: it has no limit.
uint64_t ContainerMemory() {
  for (const char* file :
       {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    if (!fs::exists(file)) continue;
    const uint64_t bytes = std::strtoull(ReadFile(file, 64).c_str(), nullptr, 10);  // "max": 0
    return bytes > uint64_t{1} << 50 ? 0 : bytes;
  }
  return 0;
}

/// Without any the reason is said before anything listens.
void RequireModels(const std::string& folder) {
  const auto offers = models::FolderSource(folder)->List();
  if (offers && !offers->empty()) return;
  throw Error(Code::kNotFound, fmt::format("there is no model in {}", folder),
              {.hint = "a bundle, model.onnx, model.xml, or MODEL/VERSION/ with one of these"});
}

serve::ModelServiceOptions OptionsOf(const ServeArguments& arguments) {
  const bool multi = arguments.multi_model || Environment("SAGEMAKER_MULTI_MODEL") == "true";
  const std::string folder =
      !arguments.models.empty() ? arguments.models : (multi ? kModelsFolder : kModelFolder);
  serve::ModelServiceOptions options{.root = fs::current_path()};
  options.config.host = arguments.host;
  options.config.port = PortOf(arguments);
  options.config.auth.enabled = false;     // whoever runs the container guards it
  options.config.rate_limit.all.rate = 0;  // and limits
  options.config.models.load.value = "aliases";
  // SageMaker loads and unloads from outside; a single model nobody manages.
  options.config.management.remote = multi;
  if (multi) {
    options.mounted = fs::absolute(folder);
    options.config.models.load.value = "on_demand";
    options.config.models.memory.value =
        static_cast<uint64_t>(kMemoryShare * static_cast<double>(ContainerMemory()));
  } else {
    RequireModels(folder);
    options.config.models.folder = fs::absolute(folder).string();
  }
  return options;
}

void Serve(const ServeArguments& arguments) {
  const serve::ModelServiceOptions options = OptionsOf(arguments);
  serve::ModelService service(options);
  service.Start();
  fmt::print("Serving {} at http://{}:{}\n",
             options.mounted.empty() ? options.config.models.folder : options.mounted.string(),
             options.config.host, service.Port());
  std::fflush(stdout);
  service.RunUntilStopped();
}

}  // namespace

void DefineServe(CLI::App& command, Globals&, Outcome&) {
  auto arguments = std::make_shared<ServeArguments>();
  command.add_option("--models", arguments->models,
                     "Folder (default: /opt/ml/model, with --multi-model /opt/ml/models)");
  command.add_option("--host", arguments->host, "Address (default: 0.0.0.0)");
  command
      .add_option("--port", arguments->port,
                  "Port, 0 for any free one (default: SAGEMAKER_BIND_TO_PORT, else 8080)")
      ->check(CLI::Range(0, 65535));
  command.add_flag("--multi-model", arguments->multi_model,
                   "Models are named by requests (default: SAGEMAKER_MULTI_MODEL)");
  command.callback([arguments] { Serve(*arguments); });
}

}  // namespace keelrow::cli
