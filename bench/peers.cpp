#include "peers.h"

#include <fmt/format.h>

#include "base/free_port_for_test.h"
#include "program.h"

namespace keelrow::bench {
namespace {

fs::path Log(const Places& places, const char* name) {
  return places.scratch / fmt::format("{}.txt", name);
}

std::vector<std::string> Keelrow(const Places& places, const std::string& model) {
  return {places.bin / "keelrow", "-f", ServingModels(places) / model / "keelrow.yaml"};
}

/// What the Python peers find in their environment.
std::vector<std::string> WithPeerEnvironment(const Places& places, const std::string& model,
                                             int threads, std::vector<std::string> command) {
  command.insert(command.begin(),
                 {"/usr/bin/env",
                  fmt::format("PEER_WEIGHTS={}",
                              (ServingModels(places) / model / "weights.safetensors").string()),
                  fmt::format("PEER_THREADS={}", threads),
                  fmt::format("PYTHONPATH={}", (places.source / "bench/peers").string()),
                  fmt::format("PATH={}:/usr/bin:/bin", places.python.parent_path().string())});
  return command;
}

/// The archive that TorchServe loads.
void Archive(const Places& places, const std::string& model, const fs::path& store) {
  MakeFolders(store);
  Run({"/usr/bin/env", fmt::format("PATH={}:/usr/bin:/bin", places.python.parent_path().string()),
       "torch-model-archiver", "--model-name", model, "--version", "1.0", "--handler",
       places.source / fmt::format("bench/peers/torchserve_{}.py", model), "--export-path", store,
       "--force"},
      Log(places, "archiver"));
}

}  // namespace

fs::path ServingModels(const Places& places) {
  const fs::path folder = places.scratch / "models";
  if (!fs::exists(folder))
    Run({places.bin / "bench-serving-models", folder}, Log(places, "models"));
  return folder;
}

std::unique_ptr<Service> StartOurs(const Places& places, const OurOptions& options) {
  const uint16_t port = FreePort();
  std::vector<std::string> command = Keelrow(places, options.model);
  for (const std::string& assignment : options.set) {
    command.insert(command.end(), {"--set", assignment});
  }
  command.insert(command.end(), {"up", "--port", std::to_string(port)});
  command.insert(command.end(), options.up.begin(), options.up.end());
  return std::make_unique<Service>(command, port, Log(places, "keelrow"), places.scratch);
}

std::string TokenFor(const Places& places, const std::string& model) {
  std::vector<std::string> command = Keelrow(places, model);
  command.push_back("token");
  std::string token = Run(command, Log(places, "token")).output;
  while (!token.empty() && token.back() == '\n') token.pop_back();
  return token;
}

std::unique_ptr<Service> StartFastApi(const Places& places, const FastApiOptions& options) {
  const uint16_t port = FreePort();
  return std::make_unique<Service>(
      WithPeerEnvironment(
          places, options.model, options.threads,
          {places.python, "-m", "uvicorn", "--factory", "serve_fastapi:" + options.model, "--host",
           "127.0.0.1", "--port", std::to_string(port), "--workers",
           std::to_string(options.workers), "--loop", "uvloop", "--http", "httptools",
           "--no-access-log", "--log-level", "warning"}),
      port, Log(places, "fastapi"), places.scratch);
}

std::unique_ptr<Service> StartTorchServe(const Places& places, const TorchServeOptions& options) {
  const fs::path store = places.scratch / "model_store";
  Archive(places, options.model, store);
  const uint16_t port = FreePort();
  const Json model = {{"defaultVersion", true},        {"marName", options.model + ".mar"},
                      {"minWorkers", options.workers}, {"maxWorkers", options.workers},
                      {"batchSize", options.batch},    {"maxBatchDelay", options.delay_ms},
                      {"responseTimeout", 60}};
  const fs::path properties = places.scratch / "config.properties";
  WriteFileDurably(properties,
                   fmt::format("inference_address=http://127.0.0.1:{}\n"
                               "management_address=http://127.0.0.1:{}\n"
                               "metrics_address=http://127.0.0.1:{}\n"
                               "grpc_inference_port={}\ngrpc_management_port={}\n"
                               "model_store={}\ndisable_token_authorization=true\n"
                               "metrics_mode=prometheus\nload_models={}.mar\nmodels={}\n",
                               port, FreePort(), FreePort(), FreePort(), FreePort(), store.string(),
                               options.model, Json{{options.model, {{"1.0", model}}}}.dump()));
  return std::make_unique<Service>(
      WithPeerEnvironment(places, options.model, 1,
                          {places.python.parent_path() / "torchserve", "--start", "--foreground",
                           "--ncs", "--ts-config", properties}),
      port, Log(places, "torchserve"), places.scratch);
}

std::unique_ptr<Service> StartNginx(const Places& places, const std::string& body) {
  const uint16_t port = FreePort();
  const fs::path configuration = places.scratch / "nginx.conf";
  WriteFileDurably(
      configuration,
      fmt::format("daemon off;\nworker_processes {1};\npid {0}/nginx.pid;\nerror_log stderr;\n"
                  "events {{ worker_connections 1024; }}\n"
                  "http {{\n  access_log {0}/nginx_access.txt;\n  keepalive_requests 1000000000;\n"
                  "  client_body_temp_path {0}/nginx_bodies;\n"
                  "  server {{\n    listen 127.0.0.1:{2};\n    default_type application/json;\n"
                  "    location / {{ return 200 '{3}'; }}\n  }}\n}}\n",
                  places.scratch.string(), places.threads, port, body));
  return std::make_unique<Service>(
      std::vector<std::string>{"/usr/sbin/nginx", "-e", "stderr", "-c", configuration}, port,
      Log(places, "nginx"), places.scratch);
}

}  // namespace keelrow::bench
