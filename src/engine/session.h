#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "base/tensor.h"

namespace keelrow::engine {

struct SessionOptions {
  int threads = 1;              // of one inference
  int streams = 1;              // inferences at the same time, each on `threads` of its own
  int64_t batch = 1;            // fixed at compilation: a changing shape costs the engine dearly
  std::filesystem::path cache;  // folder for compiled models; empty: none
};

/// A network compiled by OpenVINO, in 32-bit floats whatever the processor offers, so that the
/// same bytes give the same answer everywhere in one installation. Run may be called from many
/// threads at once: each takes an inference request from a pool that grows to the callers.
class Session {
 public:
  /// `onnx` is the whole model. Throws kCorrupt when it is no valid network, kEnvironment when
  /// the engine cannot start.
  explicit Session(std::string_view onnx, const SessionOptions& options = {});
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// The shape that Run takes, batch first.
  const std::vector<int64_t>& InputShape() const;
  /// One inference. Throws kBadValue when the shape or type differs from the network's.
  Tensor Run(const Tensor& input) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace keelrow::engine
