#include "train/kernels.h"

#include <ATen/Parallel.h>
#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/add.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/flatten.h>
#include <ATen/ops/hardtanh.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/random.h"

namespace keelrow::train {
namespace {

at::Tensor OptionalBias(const Call& call) {
  return call.parameters.size() > 1 ? call.parameters[1] : at::Tensor();
}

at::Tensor Conv2d(const Call& call) {
  const int64_t stride = call.node.Integer("stride");
  const std::vector<int64_t>& pads = call.node.Integers("pads");  // top, left, bottom, right
  at::Tensor x = call.inputs[0];
  std::array<int64_t, 2> padding = {pads[0], pads[1]};
  if (pads[2] != pads[0] || pads[3] != pads[1]) {  // LibTorch pads both sides alike
    x = at::constant_pad_nd(x, {pads[1], pads[3], pads[0], pads[2]});
    padding = {0, 0};
  }
  return at::conv2d(x, call.parameters[0], OptionalBias(call), {stride, stride}, padding, {1, 1},
                    call.node.Integer("groups"));
}

at::Tensor BatchNorm2d(const Call& call) {
  const auto& p = call.parameters;
  // A frozen norm keeps its statistics: what follows would have to learn them anew.
  const bool learning = call.pass.training && p[0].requires_grad();
  if (learning) at::Tensor(p[4]).add_(1);
  return at::batch_norm(call.inputs[0], p[0], p[1], p[2], p[3], learning,
                        call.node.Real("momentum"), call.node.Real("epsilon"),
                        /*cudnn_enabled=*/false);
}

at::Tensor Linear(const Call& call) {
  return at::linear(call.inputs[0], call.parameters[0], OptionalBias(call));
}

at::Tensor Relu(const Call& call) {
  at::Tensor x = call.inputs[0];
  return call.may_overwrite ? at::relu_(x) : at::relu(x);
}

at::Tensor Relu6(const Call& call) {
  at::Tensor x = call.inputs[0];
  return call.may_overwrite ? at::hardtanh_(x, 0, 6) : at::hardtanh(x, 0, 6);
}

at::Tensor Silu(const Call& call) {
  return at::silu(call.inputs[0]);
}

at::Tensor Sigmoid(const Call& call) {
  return at::sigmoid(call.inputs[0]);
}

at::Tensor Scale(const Call& call) {
  return at::mul(call.inputs[0], call.inputs[1]);
}

at::Tensor Add(const Call& call) {
  at::Tensor x = call.inputs[0];
  return call.may_overwrite ? x.add_(call.inputs[1]) : at::add(x, call.inputs[1]);
}

at::Tensor MaxPool2d(const Call& call) {
  const int64_t kernel = call.node.Integer("kernel");
  const int64_t stride = call.node.Integer("stride");
  const int64_t padding = call.node.Integer("padding");
  return at::max_pool2d(call.inputs[0], {kernel, kernel}, {stride, stride}, {padding, padding});
}

at::Tensor GlobalAveragePool2d(const Call& call) {
  return at::adaptive_avg_pool2d(call.inputs[0], {1, 1});
}

at::Tensor Flatten(const Call& call) {
  return at::flatten(call.inputs[0], 1);
}

/// What each block of a mask is drawn for: counters instead of a generator, so that a resumed
/// training drops the same, with any number of threads.
struct DropoutDraw {
  const Call& call;
  double kept;

  static constexpr int64_t kBlock = 4096;  // elements with a stream of their own

  /// Four elements a draw: LibTorch's bernoulli_ takes one each, which was 9 % of a training step
  /// of small_cnn.
  void Fill(float* values, int64_t begin, int64_t end) const {
    Random random(call.pass.seed, "dropout:" + call.node.name,
                  {call.pass.step, static_cast<uint64_t>(begin / kBlock)});
    const auto threshold = static_cast<uint64_t>(kept * 65536);
    const auto scale = static_cast<float>(1 / kept);
    uint64_t bits = 0;
    for (int64_t i = begin; i < end; ++i) {
      bits = i % 4 == 0 ? random.Next() : bits >> 16;
      values[i] = (bits & 0xffff) < threshold ? scale : 0.0F;
    }
  }
};

/// 1 / kept where an element stays, else 0; shaped and laid out like the input.
at::Tensor DropoutMask(const DropoutDraw& draw) {
  const at::Tensor x = draw.call.inputs[0].detach();
  at::Tensor mask = at::empty_like(x, x.options().dtype(at::kFloat));
  auto* values = mask.mutable_data_ptr<float>();
  const int64_t count = mask.numel();
  const int64_t blocks = (count + DropoutDraw::kBlock - 1) / DropoutDraw::kBlock;
  at::parallel_for(0, blocks, /*grain_size=*/8, [&](int64_t first, int64_t last) {
    for (int64_t block = first; block < last; ++block) {
      const int64_t begin = block * DropoutDraw::kBlock;
      draw.Fill(values, begin, std::min(begin + DropoutDraw::kBlock, count));
    }
  });
  return mask.to(x.scalar_type());
}

at::Tensor Dropout(const Call& call) {
  const at::Tensor& x = call.inputs[0];
  if (!call.pass.training) return x;
  return at::mul(x, DropoutMask({.call = call, .kept = 1 - call.node.Real("probability")}));
}

/// Huang et al.: Deep Networks with Stochastic Depth (2016): an example's branch stays with the
/// probability 1 - p, and is then the larger for it.
at::Tensor StochasticDepth(const Call& call) {
  const at::Tensor& x = call.inputs[0];
  if (!call.pass.training) return x;
  const double kept = 1 - call.node.Real("probability");
  at::Tensor mask = at::empty({x.size(0), 1, 1, 1}, at::kFloat);
  Random random(call.pass.seed, "stochastic_depth:" + call.node.name, {call.pass.step});
  auto* values = mask.mutable_data_ptr<float>();
  for (int64_t i = 0; i < mask.numel(); ++i) {
    values[i] = random.Uniform() < kept ? static_cast<float>(1 / kept) : 0.0F;
  }
  return at::mul(x, mask.to(x.scalar_type()));
}

// clang-format off
constexpr Kernel kKernels[] = {
    {"linear",                &Linear,              Output::kFree},
    {"relu",                  &Relu,                Output::kNeeded},
    {"relu6",                 &Relu6,               Output::kNeeded},
    {"silu",                  &Silu,                Output::kFree},
    {"sigmoid",               &Sigmoid,             Output::kNeeded},
    {"add",                   &Add,                 Output::kFree},
    {"flatten",               &Flatten,             Output::kNeeded},
    {"dropout",               &Dropout,             Output::kNeeded},
    {"stochastic_depth",      &StochasticDepth,     Output::kNeeded},
    {"conv2d",                &Conv2d,              Output::kFree},
    {"batch_norm2d",          &BatchNorm2d,         Output::kFree},
    {"max_pool2d",            &MaxPool2d,           Output::kFree},
    {"scale",                 &Scale,               Output::kFree},
    {"global_average_pool2d", &GlobalAveragePool2d, Output::kFree},
};
// clang-format on

}  // namespace

std::span<const Kernel> Kernels() {
  return kKernels;
}

const Kernel& FindKernel(std::string_view name) {
  const auto row = std::ranges::find(kKernels, name, &Kernel::name);
  if (row != std::end(kKernels)) return *row;
  throw Error(Code::kUnsupported,
              "the trainer cannot compute the operator `" + std::string(name) + "`");
}

}  // namespace keelrow::train
