#include "train/learn.h"

#include <ATen/autocast_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <c10/core/GradMode.h>

#include "train/evaluation.h"

namespace keelrow::train {
namespace {

void ForgetGradients(Parameters& parameters) {
  for (at::Tensor& tensor : parameters) tensor.mutable_grad().reset();
}

/// While it lives, operators that gain by it compute in bfloat16.
class Autocast {
 public:
  explicit Autocast(bool on) : before_(at::autocast::is_autocast_enabled(at::kCPU)) {
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
    at::autocast::set_autocast_enabled(at::kCPU, on);
  }
  ~Autocast() {
    at::autocast::set_autocast_enabled(at::kCPU, before_);
    at::autocast::clear_cache();  // of cast weights, which are about to change
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  const bool before_;
};

at::Tensor Logits(const Interpreter& network, const Parameters& parameters, const Batch& batch,
                  const Pass& pass, bool bfloat16) {
  const Autocast autocast(bfloat16);
  return network.Forward(parameters, ToInput(batch.input), pass).to(at::kFloat);
}

int64_t SizeOf(std::span<const Batch> batches) {
  int64_t size = 0;
  for (const Batch& batch : batches) size += batch.size();
  return size;
}

}  // namespace

double Learn(const Interpreter& network, State& state, std::span<const Batch> batches,
             const LearnOptions& options, const StepOptions& step) {
  const auto size = static_cast<double>(SizeOf(batches));
  // Each batch of a step drops other features.
  auto pass_number = static_cast<uint64_t>(step.step * options.accumulate);
  double mean_loss = 0;
  state.Unfreeze(step.scope);
  ForgetGradients(state.live());
  for (const Batch& batch : batches) {
    const Pass pass{.training = true, .seed = options.seed, .step = pass_number++};
    const at::Tensor logits = Logits(network, state.live(), batch, pass, options.bfloat16);
    at::Tensor loss = at::cross_entropy_loss(logits, ToTorch(batch.targets.value_or(batch.labels)),
                                             options.class_weights, at::Reduction::Mean,
                                             /*ignore_index=*/-100, options.label_smoothing);
    if (batches.size() > 1) loss = loss * (static_cast<double>(batch.size()) / size);
    loss.backward();
    mean_loss += loss.item<double>();
  }
  const c10::AutoGradMode no_gradients(false);
  if (options.clip_norm > 0) ClipGradients(state.live(), options.clip_norm);
  state.optimizer().Step(step.rate, step.scope);
  state.UpdateEma(step.step);
  return mean_loss;
}

}  // namespace keelrow::train
