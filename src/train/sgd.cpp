#include <ATen/ops/_fused_sgd.h>

#include "train/optimizer.h"

namespace keelrow::train {
namespace {

constexpr double kMomentum = 0.9;  // unless the project says otherwise

/// Stochastic gradient descent with Nesterov momentum, as PyTorch writes it: v = m v + g,
/// w = w - rate (g + m v).
class Sgd : public Optimizer {
 public:
  Sgd(double momentum, ParameterGroups groups)
      : Optimizer(std::move(groups)), momentum_(momentum) {}

  NamedTensors State() const override {
    NamedTensors state;
    AddTo(state, "velocity", velocities_);
    return state;
  }

 protected:
  void StepGroup(size_t index, double rate) override {
    const ParameterGroup& group = groups()[index];
    // From zero velocities the first step needs no case of its own.
    at::_fused_sgd_(group.tensors, group.Gradients(), velocities_[index], group.weight_decay,
                    momentum_, rate, /*dampening=*/0, /*nesterov=*/momentum_ > 0,
                    /*maximize=*/false, /*is_first_step=*/false);
  }

 private:
  double momentum_;
  std::vector<std::vector<at::Tensor>> velocities_ = Zeros();
};

}  // namespace

std::unique_ptr<Optimizer> MakeSgd(const project::OptimizerConfig& config, ParameterGroups groups) {
  return std::make_unique<Sgd>(config.momentum.value_or(kMomentum), std::move(groups));
}

}  // namespace keelrow::train
