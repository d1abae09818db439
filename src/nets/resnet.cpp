#include <fmt/format.h>

#include <array>

#include "nets/networks.h"

namespace keelrow::nets {
namespace {

using Value = GraphBuilder::Value;

/// He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (2015), in torchvision's
/// variant: the stride of a bottleneck sits on its 3x3 convolution ("v1.5"). Small pictures pass
/// through the same stem (a 28x28 digit reaches the last stage as 1x1), so that weights trained on
/// ImageNet fit at any input size.
struct Depth {
  std::array<int, 4> blocks;  // of each stage
  bool bottleneck;
};

struct BlockOptions {
  int64_t channels;  // of the 3x3 convolutions
  int64_t stride;
};

class ResNetBuilder {
 public:
  ResNetBuilder(const Depth& depth, const NetworkOptions& options)
      : depth_(depth), options_(options) {}

  Graph Build() {
    Value x = g_.Input("input", options_.input_shape);
    x = ConvNorm("conv1", "bn1", x,
                 {.channels = Widen(64, options_.width), .kernel = 7, .stride = 2, .padding = 3});
    x = g_.MaxPool2d(g_.Relu(x), {.kernel = 3, .stride = 2, .padding = 1});
    for (int stage = 0; stage < 4; ++stage) x = Stage(stage, x);
    x = g_.Flatten(g_.GlobalAveragePool2d(x));
    x = g_.Dropout(x, options_.dropout.value_or(0));
    x = g_.Linear("fc", x, {.features = options_.classes});
    return std::move(g_).Build(x);
  }

 private:
  Value Stage(int stage, Value x) {
    const int64_t channels = Widen(64 << stage, options_.width);
    for (int i = 0; i < depth_.blocks[stage]; ++i) {
      const BlockOptions block{.channels = channels, .stride = stage > 0 && i == 0 ? 2 : 1};
      x = Block(fmt::format("layer{}.{}", stage + 1, i), x, block);
    }
    return x;
  }

  Value Block(const std::string& name, Value x, const BlockOptions& block) {
    const Value y = depth_.bottleneck ? Bottleneck(name, x, block) : Basic(name, x, block);
    return g_.Relu(g_.Add(y, Shortcut(name, x, y, block.stride)));
  }

  Value Basic(const std::string& name, Value x, const BlockOptions& block) {
    x = g_.Relu(
        ConvNorm(name + ".conv1", name + ".bn1", x,
                 {.channels = block.channels, .kernel = 3, .stride = block.stride, .padding = 1}));
    return ConvNorm(name + ".conv2", name + ".bn2", x,
                    {.channels = block.channels, .kernel = 3, .padding = 1});
  }

  Value Bottleneck(const std::string& name, Value x, const BlockOptions& block) {
    x = g_.Relu(
        ConvNorm(name + ".conv1", name + ".bn1", x, {.channels = block.channels, .kernel = 1}));
    x = g_.Relu(
        ConvNorm(name + ".conv2", name + ".bn2", x,
                 {.channels = block.channels, .kernel = 3, .stride = block.stride, .padding = 1}));
    return ConvNorm(name + ".conv3", name + ".bn3", x,
                    {.channels = 4 * block.channels, .kernel = 1});
  }

  /// The input itself, or projected to the shape of the block's result.
  Value Shortcut(const std::string& name, Value x, Value y, int64_t stride) {
    const int64_t channels = g_.Shape(y)[0];
    if (stride == 1 && g_.Shape(x)[0] == channels) return x;
    return ConvNorm(name + ".downsample.0", name + ".downsample.1", x,
                    {.channels = channels, .kernel = 1, .stride = stride});
  }

  Value ConvNorm(const std::string& conv, const std::string& norm, Value x,
                 const Conv2dOptions& options) {
    return g_.BatchNorm2d(norm, g_.Conv2d(conv, x, options));
  }

  const Depth& depth_;
  const NetworkOptions& options_;
  GraphBuilder g_;
};

constexpr Depth kDepth18 = {.blocks = {2, 2, 2, 2}, .bottleneck = false};
constexpr Depth kDepth34 = {.blocks = {3, 4, 6, 3}, .bottleneck = false};
constexpr Depth kDepth50 = {.blocks = {3, 4, 6, 3}, .bottleneck = true};
constexpr Depth kDepth101 = {.blocks = {3, 4, 23, 3}, .bottleneck = true};
constexpr Depth kDepth152 = {.blocks = {3, 8, 36, 3}, .bottleneck = true};

}  // namespace

Graph BuildResNet18(const NetworkOptions& options) {
  return ResNetBuilder(kDepth18, options).Build();
}
Graph BuildResNet34(const NetworkOptions& options) {
  return ResNetBuilder(kDepth34, options).Build();
}
Graph BuildResNet50(const NetworkOptions& options) {
  return ResNetBuilder(kDepth50, options).Build();
}
Graph BuildResNet101(const NetworkOptions& options) {
  return ResNetBuilder(kDepth101, options).Build();
}
Graph BuildResNet152(const NetworkOptions& options) {
  return ResNetBuilder(kDepth152, options).Build();
}

}  // namespace keelrow::nets
