#include "serve/role.h"

#include <algorithm>

#include "base/log.h"
#include "base/parallel.h"
#include "base/stop.h"
#include "serve/http_options.h"

namespace keelrow::serve {
namespace {

// Kubernetes sends SIGKILL 30 s after SIGTERM.
constexpr std::chrono::milliseconds kDrain{20'000};

http::Limits LimitsOf(const project::ServeLimitsConfig& config) {
  return {.header_bytes_max = config.header.value,
          .body_bytes_max = config.body.value,
          .bodies_bytes_max = config.bodies.value,
          .body_timeout = config.body_timeout.value,
          .idle_timeout = config.idle_timeout.value,
          .connections_max = static_cast<size_t>(config.connections),
          .queue_max = static_cast<size_t>(config.queue)};
}

}  // namespace

int ThreadsOf(const project::ServeConfig& config) {
  return config.threads > 0 ? config.threads : AvailableCores();
}

http::ServerOptions ServerOptionsOf(const project::ServeConfig& config,
                                    const std::filesystem::path& root, signals::Metrics& metrics) {
  const int cores = AvailableCores();
  return {.host = config.host,
          .port = static_cast<uint16_t>(config.port),
          // They run quick networks themselves (models::Executor), so every core may be one's; four
          // send and receive as much as a network card carries.
          .io_threads = std::clamp(cores, 1, 4),
          .worker_threads = ThreadsOf(config),
          .busy_poll = config.busy_poll && cores > 1,  // a single one is for who sends requests
          .limits = LimitsOf(config.limits),
          .tls = TlsOf(config.tls, root),
          .on_refused = [&metrics](int status, const std::string&) {
            metrics.CountRequest({}, status);
          }};
}

std::shared_ptr<const gateway::Authenticator> AuthenticatorOf(const project::AuthConfig& config,
                                                              const gateway::AuthFolders& folders) {
  if (!config.enabled) return nullptr;
  return gateway::MakeAuthenticator(config, folders);
}

void DrainWhenStopped(const std::function<bool(std::chrono::milliseconds)>& stop) {
  while (!WaitForStop(std::chrono::seconds(60))) {
  }
  log::Info("stopping: requests in flight are finished first");
  if (!stop(kDrain)) log::Warning("some requests were cut off after {} s", kDrain.count() / 1000);
}

}  // namespace keelrow::serve
