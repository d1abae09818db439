#pragma once

#include <memory>
#include <mutex>
#include <openvino/openvino.hpp>
#include <span>
#include <vector>

#include "base/mapped_file.h"
#include "base/tensor.h"

// Private to this folder, as everything that shows OpenVINO.

namespace keelrow::engine {

/// Throws kUnsupported for a type that tensors of ours have not.
DType TypeOf(const ov::element::Type& type);
ov::element::Type TypeOf(DType dtype);

/// A network compiled for one shape (or for any, where the network is free), and its idle requests.
/// Infer may be called by many threads at once.
class CompiledNetwork {
 public:
  /// `beneath` is what the network's weights lie in, where they are not its own.
  explicit CompiledNetwork(ov::CompiledModel model,
                           std::shared_ptr<const MappedFile> beneath = nullptr);

  std::vector<Tensor> Infer(std::span<const Tensor> inputs);

 private:
  /// A request and, where inputs are copied, its own tensors: looking them up has its price too.
  struct Slot {
    ov::InferRequest request;
    std::vector<ov::Tensor> inputs;
    std::vector<ov::Tensor> outputs;
  };

  Slot NewSlot();
  Slot Take();
  void GiveBack(Slot slot);

  std::shared_ptr<const MappedFile> beneath_;  // first: it goes last
  ov::CompiledModel model_;
  bool copies_ = false;  // inputs, into tensors of the engine's
  std::mutex mutex_;
  std::vector<Slot> idle_;
};

}  // namespace keelrow::engine
