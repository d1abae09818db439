#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/zeros.h>

#include "train/optimizer.h"

namespace keelrow::train {
namespace {

/// Adam with decoupled weight decay; constants as in the paper (Kingma, Ba 2015) and PyTorch.
constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kEpsilon = 1e-8;

class AdamW : public Optimizer {
 public:
  explicit AdamW(std::vector<ParameterGroup> groups) {
    for (ParameterGroup& group : groups) {
      moments_.push_back({.first = group.ZerosLike(), .second = group.ZerosLike()});
      // The fused operator wants a counter for each parameter; they all share this one.
      counters_.emplace_back(group.tensors.size(), steps_);
    }
    groups_ = std::move(groups);
  }

  void Step(double rate) override {
    steps_.add_(1);
    for (size_t i = 0; i < groups_.size(); ++i) {
      at::_fused_adamw_(groups_[i].tensors, groups_[i].Gradients(), moments_[i].first,
                        moments_[i].second, /*max_exp_avg_sqs=*/{}, counters_[i], rate, kBeta1,
                        kBeta2, groups_[i].weight_decay, kEpsilon, /*amsgrad=*/false,
                        /*maximize=*/false);
    }
  }

  NamedTensors State() const override {
    NamedTensors state = {{"steps", steps_}};
    for (size_t i = 0; i < groups_.size(); ++i) {
      for (size_t j = 0; j < groups_[i].names.size(); ++j) {
        state["moment1." + groups_[i].names[j]] = moments_[i].first[j];
        state["moment2." + groups_[i].names[j]] = moments_[i].second[j];
      }
    }
    return state;
  }

 private:
  struct Moments {
    std::vector<at::Tensor> first;
    std::vector<at::Tensor> second;
  };

  std::vector<ParameterGroup> groups_;
  std::vector<Moments> moments_;                   // one a group
  std::vector<std::vector<at::Tensor>> counters_;  // one a group
  at::Tensor steps_ = at::zeros({}, at::kFloat);   // exact up to 2^24 steps
};

}  // namespace

std::unique_ptr<Optimizer> MakeAdamW(const project::OptimizerConfig&,
                                     std::vector<ParameterGroup> groups) {
  return std::make_unique<AdamW>(std::move(groups));
}

}  // namespace keelrow::train
