#include "train/ema.h"

#include <ATen/ops/_foreach_lerp.h>

#include <algorithm>

namespace keelrow::train {

Parameters Copy(const Parameters& parameters) {
  Parameters copies;
  for (const at::Tensor& tensor : parameters) copies.push_back(tensor.detach().clone());
  return copies;
}

Ema::Ema(double decay, const Parameters& live) : decay_(decay), average_(Copy(live)) {}

void Ema::Update(const Parameters& live, int64_t step) {
  const auto age = static_cast<double>(step);
  const double decay = std::min(decay_, (1 + age) / (10 + age));
  std::vector<at::Tensor> averages;
  std::vector<at::Tensor> targets;
  for (size_t i = 0; i < live.size(); ++i) {
    if (live[i].is_floating_point()) {
      averages.push_back(average_[i]);
      targets.push_back(live[i].detach());
    } else {
      average_[i].copy_(live[i]);
    }
  }
  at::_foreach_lerp_(averages, targets, 1 - decay);
}

}  // namespace keelrow::train
