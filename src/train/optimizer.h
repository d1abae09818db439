#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "nets/graph.h"
#include "project/training.h"
#include "train/torch_tensors.h"

namespace keelrow::train {

/// Trainable parameters that are treated alike, and their names.
struct ParameterGroup {
  std::vector<std::string> names;
  std::vector<at::Tensor> tensors;
  double weight_decay = 0;
  double rate_factor = 1;
  bool head = false;  // the classifier's

  /// The gradients of the last backward pass; kInternal when one is missing.
  std::vector<at::Tensor> Gradients() const;
  /// Zeros shaped and laid out like the parameters: an optimizer's state.
  std::vector<at::Tensor> ZerosLike() const;
};

using ParameterGroups = std::vector<ParameterGroup>;

/// The trainable parameters, grouped by weight decay (none on biases and norms), by whether they
/// are the classifier's and, where layers learn at different rates, by layer. The classifier learns
/// at the full rate, each layer before it at `layer_decay` times the rate of the one after.
ParameterGroups GroupParameters(const nets::Graph& graph, const Parameters& parameters,
                                const project::TrainConfig& config);

/// Which parameters a step changes.
enum class Scope { kAll, kHead };

/// Changes parameters along their gradients. For one thread; called with gradients switched off.
class Optimizer {
 public:
  explicit Optimizer(ParameterGroups groups) : groups_(std::move(groups)) {}
  virtual ~Optimizer() = default;

  /// What is out of scope is not touched, and does not age: as if it did not exist yet.
  void Step(double rate, Scope scope = Scope::kAll);
  /// Everything that it remembers between steps, as live tensors: a checkpoint reads them, and a
  /// resumed training writes into them.
  virtual NamedTensors State() const = 0;

 protected:
  virtual void StepGroup(size_t index, double rate) = 0;
  const ParameterGroups& groups() const { return groups_; }
  /// One tensor list a group, filled with zeros.
  std::vector<std::vector<at::Tensor>> Zeros() const;
  /// Adds "PREFIX.PARAMETER" for each tensor of such lists.
  void AddTo(NamedTensors& state, const std::string& prefix,
             const std::vector<std::vector<at::Tensor>>& lists) const;

 private:
  ParameterGroups groups_;
};

/// One row of the table of optimizers (optimizer.cpp).
struct OptimizerKind {
  std::string_view name;
  std::unique_ptr<Optimizer> (*make)(const project::OptimizerConfig& config,
                                     ParameterGroups groups);
};

std::span<const OptimizerKind> OptimizerKinds();

/// kBadValue for a name without a row.
std::unique_ptr<Optimizer> MakeOptimizer(const project::OptimizerConfig& config,
                                         ParameterGroups groups);

/// The L2 norm of all gradients that there are; where it is above `norm_max`, they are shortened to
/// it, as clip_grad_norm_ of PyTorch does.
double ClipGradients(const Parameters& parameters, double norm_max);

}  // namespace keelrow::train
