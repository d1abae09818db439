#include "train/learn.h"

#include <ATen/ops/cross_entropy_loss.h>
#include <c10/core/GradMode.h>

#include "train/evaluation.h"

namespace keelrow::train {
namespace {

void ForgetGradients(Parameters& parameters) {
  for (at::Tensor& tensor : parameters) {
    if (tensor.requires_grad()) tensor.mutable_grad().reset();
  }
}

}  // namespace

double Learn(const Interpreter& network, State& state, const Batch& batch,
             const LearnOptions& options) {
  ForgetGradients(state.live());
  const at::Tensor logits = network.Forward(state.live(), ToInput(batch.input), options.pass);
  const at::Tensor loss =
      at::cross_entropy_loss(logits, ToTorch(batch.labels), options.class_weights);
  loss.backward();
  const c10::AutoGradMode no_gradients(false);
  state.optimizer().Step(options.rate);
  state.UpdateEma(static_cast<int64_t>(options.pass.step));
  return loss.item<double>();
}

}  // namespace keelrow::train
