#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "nets/graph.h"
#include "project/training.h"
#include "train/torch_tensors.h"

namespace keelrow::train {

/// Trainable parameters with one weight decay, and their names.
struct ParameterGroup {
  std::vector<std::string> names;
  std::vector<at::Tensor> tensors;
  double weight_decay = 0;

  /// The gradients of the last backward pass; kInternal when one is missing.
  std::vector<at::Tensor> Gradients() const;
  /// Zeros shaped and laid out like the parameters: an optimizer's state.
  std::vector<at::Tensor> ZerosLike() const;
};

/// Changes parameters along their gradients. For one thread; called with gradients switched off.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  virtual void Step(double rate) = 0;
  /// Everything that it remembers between steps, as live tensors: a checkpoint reads them, and a
  /// resumed training writes into them.
  virtual NamedTensors State() const = 0;
};

/// One row of the table of optimizers (optimizer.cpp); each is one file.
struct OptimizerKind {
  std::string_view name;
  std::unique_ptr<Optimizer> (*make)(const project::OptimizerConfig& config,
                                     std::vector<ParameterGroup> groups);
};

std::span<const OptimizerKind> OptimizerKinds();

/// The trainable parameters in two groups: with decay, and without (biases, norms).
std::vector<ParameterGroup> GroupParameters(const nets::Graph& graph, const Parameters& parameters,
                                            double weight_decay);

/// kBadValue for a name without a row.
std::unique_ptr<Optimizer> MakeOptimizer(const project::OptimizerConfig& config,
                                         std::vector<ParameterGroup> groups);

}  // namespace keelrow::train
