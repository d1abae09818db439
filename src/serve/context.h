#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "http/server.h"
#include "serve/metrics.h"
#include "serve/model_slot.h"

namespace keelrow::serve {

/// What the protocols of one model service share. It outlives the server; `slot`, `metrics` and
/// `stopping` are thread-safe, the rest does not change once the server has started.
struct ServeContext {
  std::string model;  // its name in the registry
  bool auth = true;   // whether predictions need a token
  std::function<size_t()> concurrency_limit = [] { return size_t{0}; };  // 0: none
  std::function<http::ServerLoad()> load = [] { return http::ServerLoad{}; };
  std::vector<http::Route> routes = {};  // all protocols', for the API's description
  ModelSlot slot = {};
  Metrics metrics = {};
  std::atomic<bool> stopping{false};  // readiness fails, what still comes is answered
};

}  // namespace keelrow::serve
