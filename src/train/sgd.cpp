#include <ATen/ops/_fused_sgd.h>

#include "train/optimizer.h"

namespace keelrow::train {
namespace {

constexpr double kMomentum = 0.9;  // unless the project says otherwise

/// Stochastic gradient descent with Nesterov momentum, as PyTorch writes it: v = m v + g,
/// w = w - rate (g + m v).
class Sgd : public Optimizer {
 public:
  Sgd(double momentum, std::vector<ParameterGroup> groups) : momentum_(momentum) {
    for (ParameterGroup& group : groups) velocities_.push_back(group.ZerosLike());
    groups_ = std::move(groups);
  }

  void Step(double rate) override {
    for (size_t i = 0; i < groups_.size(); ++i) {
      // From zero velocities the first step needs no case of its own.
      at::_fused_sgd_(groups_[i].tensors, groups_[i].Gradients(), velocities_[i],
                      groups_[i].weight_decay, momentum_, rate, /*dampening=*/0,
                      /*nesterov=*/momentum_ > 0, /*maximize=*/false, /*is_first_step=*/false);
    }
  }

  NamedTensors State() const override {
    NamedTensors state;
    for (size_t i = 0; i < groups_.size(); ++i) {
      for (size_t j = 0; j < groups_[i].names.size(); ++j) {
        state["velocity." + groups_[i].names[j]] = velocities_[i][j];
      }
    }
    return state;
  }

 private:
  double momentum_;
  std::vector<ParameterGroup> groups_;
  std::vector<std::vector<at::Tensor>> velocities_;  // one list a group
};

}  // namespace

std::unique_ptr<Optimizer> MakeSgd(const project::OptimizerConfig& config,
                                   std::vector<ParameterGroup> groups) {
  return std::make_unique<Sgd>(config.momentum.value_or(kMomentum), std::move(groups));
}

}  // namespace keelrow::train
