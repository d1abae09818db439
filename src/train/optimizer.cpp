#include "train/optimizer.h"

#include <ATen/ops/zeros_like.h>

#include <algorithm>

#include "base/error.h"

namespace keelrow::train {

// A new optimizer is its own file, its declaration and its row here, and its choice in
// project/training.cpp, from which the manual is made.
using Groups = std::vector<ParameterGroup>;
std::unique_ptr<Optimizer> MakeAdamW(const project::OptimizerConfig&, Groups);
std::unique_ptr<Optimizer> MakeSgd(const project::OptimizerConfig&, Groups);

constexpr OptimizerKind kKinds[] = {
    {"adamw", MakeAdamW},
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

std::span<const OptimizerKind> OptimizerKinds() {
  return kKinds;
}

std::vector<ParameterGroup> GroupParameters(const nets::Graph& graph, const Parameters& parameters,
                                            double weight_decay) {
  ParameterGroup decayed{.names = {}, .tensors = {}, .weight_decay = weight_decay};
  ParameterGroup plain;
  for (size_t i = 0; i < graph.parameters.size(); ++i) {
    if (!graph.parameters[i].trainable) continue;
    ParameterGroup& group = graph.parameters[i].decay ? decayed : plain;
    group.names.push_back(graph.parameters[i].name);
    group.tensors.push_back(parameters[i]);
  }
  return {std::move(decayed), std::move(plain)};
}

std::unique_ptr<Optimizer> MakeOptimizer(const project::OptimizerConfig& config,
                                         std::vector<ParameterGroup> groups) {
  std::erase_if(groups, [](const ParameterGroup& group) { return group.tensors.empty(); });
  const auto row = std::ranges::find(kKinds, config.name.value, &OptimizerKind::name);
  if (row != std::end(kKinds)) return row->make(config, std::move(groups));
  throw Error(Code::kBadValue, "there is no optimizer `" + config.name.value + "`");
}

}  // namespace keelrow::train
