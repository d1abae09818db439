#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "project/serving.h"

namespace keelrow::serve {

struct GatewayServiceOptions {
  std::string model;             // its name, for limits by model
  std::filesystem::path secret;  // folder of the signing secret, made on first use
  std::filesystem::path root;    // what relative paths of certificates and keys start from
  project::ServeConfig serve = {};
  project::GatewayConfig gateway = {};
};

/// The gateway as a process of its own: authentication, limits, log and metrics stand here, and all
/// routes of the model service are sent on to its replicas. It holds no model. Threads: the
/// server's own and one of the forwarder; the methods from one thread.
class GatewayService {
 public:
  /// Throws kBadValue for an address that is none, or when there is none at all.
  explicit GatewayService(GatewayServiceOptions options);
  ~GatewayService();  // Stop without waiting
  GatewayService(const GatewayService&) = delete;

  /// Throws kPortInUse, kPermission, kBadValue.
  void Start();
  uint16_t Port() const;
  /// Returns after Ctrl-C or SIGTERM, when what was in flight has been answered.
  void RunUntilStopped();
  /// As ModelService::Stop.
  bool Stop(std::chrono::milliseconds drain);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keelrow::serve
