#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/zeros.h>

#include "train/optimizer.h"

namespace keelrow::train {
namespace {

/// Constants as in the paper (Kingma, Ba 2015) and PyTorch.
constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;

/// How weight decay enters.
enum class Decay { kInGradient, kDecoupled };

/// Adam, and AdamW with decoupled weight decay (Loshchilov, Hutter 2019).
template <Decay decay>
class Adam : public Optimizer {
 public:
  explicit Adam(ParameterGroups groups) : Optimizer(std::move(groups)) {
    for (const ParameterGroup& group : this->groups()) {
      steps_.push_back(at::zeros({}, at::kFloat));  // exact up to 2^24 steps
      // The fused operator wants a counter for each parameter; a group's share one.
      counters_.emplace_back(group.tensors.size(), steps_.back());
    }
  }

  NamedTensors State() const override {
    NamedTensors state;
    for (size_t i = 0; i < steps_.size(); ++i) state["steps." + std::to_string(i)] = steps_[i];
    AddTo(state, "moment1", first_);
    AddTo(state, "moment2", second_);
    return state;
  }

 protected:
  void StepGroup(size_t index, double rate) override {
    constexpr auto kUpdate = [](auto&&... arguments) {
      if constexpr (decay == Decay::kDecoupled) {
        at::_fused_adamw_(arguments...);
      } else {
        at::_fused_adam_(arguments...);
      }
    };
    const ParameterGroup& group = groups()[index];
    steps_[index].add_(1);
    kUpdate(group.tensors, group.Gradients(), first_[index], second_[index],
            /*max_exp_avg_sqs=*/std::vector<at::Tensor>(), counters_[index], rate, kBeta1, kBeta2,
            group.weight_decay, kEpsilon, /*amsgrad=*/false, /*maximize=*/false);
  }

 private:
  std::vector<std::vector<at::Tensor>> first_ = Zeros();
  std::vector<std::vector<at::Tensor>> second_ = Zeros();
  std::vector<at::Tensor> steps_;                  // one a group
  std::vector<std::vector<at::Tensor>> counters_;  // one list a group
};

}  // namespace

std::unique_ptr<Optimizer> MakeAdam(const project::OptimizerConfig&, ParameterGroups groups) {
  return std::make_unique<Adam<Decay::kInGradient>>(std::move(groups));
}

std::unique_ptr<Optimizer> MakeAdamW(const project::OptimizerConfig&, ParameterGroups groups) {
  return std::make_unique<Adam<Decay::kDecoupled>>(std::move(groups));
}

}  // namespace keelrow::train
