#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_sign.h>

#include "train/optimizer.h"

namespace keelrow::train {
namespace {

/// Constants as in the paper (Chen et al. 2023).
constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.99;

/// c = β₁ m + (1 - β₁) g, w = w - rate (sign c + decay w), m = β₂ m + (1 - β₂) g.
class Lion : public Optimizer {
 public:
  explicit Lion(ParameterGroups groups) : Optimizer(std::move(groups)) {}

  NamedTensors State() const override {
    NamedTensors state;
    AddTo(state, "momentum", momenta_);
    return state;
  }

 protected:
  void StepGroup(size_t index, double rate) override {
    const ParameterGroup& group = groups()[index];
    const std::vector<at::Tensor> gradients = group.Gradients();
    std::vector<at::Tensor> direction = at::_foreach_lerp(momenta_[index], gradients, 1 - kBeta1);
    at::_foreach_sign_(direction);
    if (group.weight_decay > 0) at::_foreach_mul_(group.tensors, 1 - rate * group.weight_decay);
    at::_foreach_add_(group.tensors, direction, -rate);
    at::_foreach_lerp_(momenta_[index], gradients, 1 - kBeta2);
  }

 private:
  std::vector<std::vector<at::Tensor>> momenta_ = Zeros();
};

}  // namespace

std::unique_ptr<Optimizer> MakeLion(const project::OptimizerConfig&, ParameterGroups groups) {
  return std::make_unique<Lion>(std::move(groups));
}

}  // namespace keelrow::train
