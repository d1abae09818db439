#pragma once

#include "nets/graph.h"
#include "train/kernels.h"
#include "train/torch_tensors.h"

namespace keelrow::train {

/// Runs a network that is given as data, recording gradients where LibTorch's grad mode says so.
/// It holds no numbers: the same interpreter serves the live weights, their average, the best ones.
/// Forward is const, but a training pass writes running statistics into `parameters`.
class Interpreter {
 public:
  /// kUnsupported when an operator has no kernel.
  explicit Interpreter(nets::Graph graph);

  /// `input` [n, …] as the graph's only input says; the output of the graph's only output.
  at::Tensor Forward(const Parameters& parameters, const at::Tensor& input, const Pass& pass) const;

  const nets::Graph& graph() const { return graph_; }

 private:
  struct Step {
    const Kernel* kernel;
    bool may_overwrite;
    std::vector<nets::Graph::ValueId> last_used;  // values that nobody reads after this node
  };

  const nets::Graph graph_;
  std::vector<Step> steps_;  // one a node
};

}  // namespace keelrow::train
