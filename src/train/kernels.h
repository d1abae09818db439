#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string_view>
#include <vector>

#include "nets/graph.h"

namespace keelrow::train {

/// How a forward pass runs.
struct Pass {
  bool training = false;  // batch statistics and dropout; else running statistics and none
  uint64_t seed = 0;      // with `step` and the node's name it decides what dropout drops
  uint64_t step = 0;
};

/// One operator's turn.
struct Call {
  const nets::Graph::Node& node;
  const Pass& pass;
  std::vector<at::Tensor> inputs;      // [n, …]
  std::vector<at::Tensor> parameters;  // in the operator's order (nets::Operator::help)
  bool may_overwrite;                  // nobody else reads inputs[0] any more, backward included
};

/// Whether the operator after this one may overwrite its output. Not where it is needed later: by
/// its own backward pass, or because it is the input under another name.
enum class Output { kFree, kNeeded };

/// One row of the table of operators as LibTorch computes them; nets::Operators() has a row of the
/// same name. Rows are stateless.
struct Kernel {
  std::string_view name;
  at::Tensor (*forward)(const Call& call);
  Output output;
};

std::span<const Kernel> Kernels();

/// kUnsupported for a name without a row.
const Kernel& FindKernel(std::string_view name);

}  // namespace keelrow::train
