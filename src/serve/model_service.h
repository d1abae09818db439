#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "project/serving.h"

namespace keelrow::serve {

struct ModelServiceOptions {
  std::filesystem::path store;   // the registry's file; empty: none
  std::filesystem::path root;    // the project's folder, which relative paths start from
  std::string model;             // its name in the registry
  std::filesystem::path secret;  // folder of signing keys, API keys, revocations, compiled/
  project::ServeConfig config = {};
  /// Not empty: models come by name, each from a folder in this one (SageMaker's multi-model
  /// endpoints), and nothing is loaded before.
  std::filesystem::path mounted = {};
};

/// The model service: answers for the version that the registry's alias `champion` names, and
/// follows it. It listens at once and loads beside that; until then predictions and /readyz say
/// 503. Threads: docs/architecture.md; the methods from one thread.
class ModelService {
 public:
  explicit ModelService(ModelServiceOptions options);
  ~ModelService();  // Stop without waiting
  ModelService(const ModelService&) = delete;

  /// Throws kPortInUse, kPermission, kBadValue.
  void Start();
  uint16_t Port() const;
  /// Where models are managed: Port, unless `serve.management` says otherwise.
  uint16_t ManagementPort() const;
  /// Until a model answers; false when `patience` has passed or a stop was requested before.
  bool WaitUntilReady(std::chrono::milliseconds patience) const;
  /// Returns after Ctrl-C or SIGTERM, when what was in flight has been answered.
  void RunUntilStopped();
  /// Fails readiness, takes no more connections, lets requests in flight finish for up to
  /// `drain`. True when none had to be cut off.
  bool Stop(std::chrono::milliseconds drain);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keelrow::serve
