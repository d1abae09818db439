#pragma once

#include <memory>

#include "case.h"
#include "service.h"

namespace keelrow::bench {

/// DIR/mlp, DIR/photo, DIR/tensor as bench-serving-models makes them, once a case.
fs::path ServingModels(const Places& places);

/// How `keelrow up` is started.
struct OurOptions {
  std::string model;                  // "mlp": the folder
  std::vector<std::string> set = {};  // "serve.batch.max=8"
  std::vector<std::string> up = {"--no-auth"};
};
std::unique_ptr<Service> StartOurs(const Places& places, const OurOptions& options);

/// A token of our own for the project of a model.
std::string TokenFor(const Places& places, const std::string& model);

/// FastAPI under uvicorn: `workers` processes, each with `threads` for an inference.
struct FastApiOptions {
  std::string model;
  int workers = 1;
  int threads = 1;
};
std::unique_ptr<Service> StartFastApi(const Places& places, const FastApiOptions& options);

struct TorchServeOptions {
  std::string model;
  int workers = 1;
  int batch = 1;
  int delay_ms = 1;  // how long a batch waits to be full
};
std::unique_ptr<Service> StartTorchServe(const Places& places, const TorchServeOptions& options);

/// nginx, which answers every request with `body`, and logs each, as it does by default.
std::unique_ptr<Service> StartNginx(const Places& places, const std::string& body);

}  // namespace keelrow::bench
