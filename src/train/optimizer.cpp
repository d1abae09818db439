#include "train/optimizer.h"

#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "base/error.h"
#include "train/layers.h"

namespace keelrow::train {

// A new optimizer is its own file, its declaration and its row here, and its choice in
// project/training.cpp, from which the manual is made.
std::unique_ptr<Optimizer> MakeAdam(const project::OptimizerConfig&, ParameterGroups);
std::unique_ptr<Optimizer> MakeAdamW(const project::OptimizerConfig&, ParameterGroups);
std::unique_ptr<Optimizer> MakeLion(const project::OptimizerConfig&, ParameterGroups);
std::unique_ptr<Optimizer> MakeSgd(const project::OptimizerConfig&, ParameterGroups);

constexpr OptimizerKind kKinds[] = {
    {"adam", MakeAdam},
    {"adamw", MakeAdamW},
    {"lion", MakeLion},
    {"sgd", MakeSgd},
};

std::vector<at::Tensor> ParameterGroup::Gradients() const {
  std::vector<at::Tensor> gradients;
  for (size_t i = 0; i < tensors.size(); ++i) {
    gradients.push_back(tensors[i].grad());
    if (!gradients.back().defined()) {
      throw Error(Code::kInternal, "the parameter " + names[i] + " has no gradient");
    }
  }
  return gradients;
}

std::vector<at::Tensor> ParameterGroup::ZerosLike() const {
  std::vector<at::Tensor> zeros;
  for (const at::Tensor& tensor : tensors) zeros.push_back(at::zeros_like(tensor.detach()));
  return zeros;
}

ParameterGroups GroupParameters(const nets::Graph& graph, const Parameters& parameters,
                                const project::TrainConfig& config) {
  const std::vector<int> layers = LayersOf(graph);
  const int last = *std::ranges::max_element(layers);
  std::map<std::tuple<double, bool, double>, ParameterGroup> groups;
  for (size_t i = 0; i < graph.parameters.size(); ++i) {
    const nets::Graph::Parameter& parameter = graph.parameters[i];
    if (!parameter.trainable) continue;
    const double factor = std::pow(config.layer_decay, last - layers[i]);
    const bool head = layers[i] == last;
    const double decay = parameter.decay ? config.optimizer.weight_decay : 0;
    ParameterGroup& group = groups[{factor, head, decay}];
    group.weight_decay = decay;
    group.rate_factor = factor;
    group.head = head;
    group.names.push_back(parameter.name);
    group.tensors.push_back(parameters[i]);
  }
  ParameterGroups list;
  for (auto& [key, group] : groups) list.push_back(std::move(group));
  return list;
}

void Optimizer::Step(double rate, Scope scope) {
  for (size_t i = 0; i < groups_.size(); ++i) {
    if (scope == Scope::kHead && !groups_[i].head) continue;
    StepGroup(i, rate * groups_[i].rate_factor);
  }
}

std::vector<std::vector<at::Tensor>> Optimizer::Zeros() const {
  std::vector<std::vector<at::Tensor>> lists;
  for (const ParameterGroup& group : groups_) lists.push_back(group.ZerosLike());
  return lists;
}

void Optimizer::AddTo(NamedTensors& state, const std::string& prefix,
                      const std::vector<std::vector<at::Tensor>>& lists) const {
  for (size_t i = 0; i < groups_.size(); ++i) {
    for (size_t j = 0; j < groups_[i].names.size(); ++j) {
      state[prefix + "." + groups_[i].names[j]] = lists[i][j];
    }
  }
}

std::span<const OptimizerKind> OptimizerKinds() {
  return kKinds;
}

std::unique_ptr<Optimizer> MakeOptimizer(const project::OptimizerConfig& config,
                                         ParameterGroups groups) {
  const auto row = std::ranges::find(kKinds, config.name.value, &OptimizerKind::name);
  if (row != std::end(kKinds)) return row->make(config, std::move(groups));
  throw Error(Code::kBadValue, "there is no optimizer `" + config.name.value + "`");
}

double ClipGradients(const Parameters& parameters, double norm_max) {
  constexpr double kTiny = 1e-6;  // PyTorch's, against a division by zero
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& parameter : parameters) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  const double norm = at::stack(at::_foreach_norm(gradients)).norm().item<double>();
  if (norm > norm_max) at::_foreach_mul_(gradients, norm_max / (norm + kTiny));
  return norm;
}

}  // namespace keelrow::train
