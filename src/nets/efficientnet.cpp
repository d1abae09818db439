#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "nets/networks.h"

namespace keelrow::nets {
namespace {

using Value = GraphBuilder::Value;

/// Tan, Le: EfficientNet (2019), table 1: the baseline that a Scale makes wider and deeper.
struct Stage {
  int64_t expansion;
  int64_t kernel;
  int64_t stride;
  int64_t channels;
  int blocks;
};
constexpr Stage kStages[] = {
    {1, 3, 1, 16, 1},  {6, 3, 2, 24, 2},  {6, 5, 2, 40, 2},  {6, 3, 2, 80, 3},
    {6, 5, 1, 112, 3}, {6, 5, 2, 192, 4}, {6, 3, 1, 320, 1},
};
constexpr int64_t kStemChannels = 32;
constexpr int64_t kHeadChannels = 1280;
constexpr double kStochasticDepth = 0.2;  // of the last block, rising linearly from 0

struct Scale {
  double width;
  double depth;
  double dropout;
};

/// In what the two families differ. B0 … B7 are torchvision's: SiLU, squeeze and excitation, zeros
/// on both sides. Lite is Google's for phones (github.com/tensorflow/tpu, efficientnet/lite):
/// ReLU6, no squeeze, TensorFlow's padding, and stem, head and the outer stages are not scaled.
struct Family {
  bool lite;
  BatchNorm2dOptions norm;
};
constexpr BatchNorm2dOptions kTensorFlowNorm = {.epsilon = 1e-3, .momentum = 0.01};
constexpr Family kSmall = {.lite = false, .norm = {}};               // B0 … B4
constexpr Family kLarge = {.lite = false, .norm = kTensorFlowNorm};  // B5 … B7
constexpr Family kLite = {.lite = true, .norm = kTensorFlowNorm};

/// A block's place: the stage and the place in it, and the place among all blocks.
struct Place {
  int stage;
  int block;
  int index;
};

/// The names of one layer: torchvision's "features.2.0.block.1", timm's "blocks.1.0.conv_dw",
/// EfficientNet-PyTorch's "_blocks.1._depthwise_conv".
struct LayerNames {
  std::string torchvision;
  std::string timm;
  std::string original;
};

class EfficientNetBuilder {
 public:
  EfficientNetBuilder(const Family& family, const Scale& scale, const NetworkOptions& options)
      : family_(family), scale_(scale), options_(options) {
    for (const Stage& stage : kStages) blocks_ += Depth(stage);
  }

  Graph Build() {
    Value x = g_.Input("input", options_.input_shape);
    x = ConvNorm({"features.0.0", "conv_stem", "_conv_stem"}, {"features.0.1", "bn1", "_bn0"}, x,
                 {.channels = Outer(kStemChannels), .stride = 2});
    x = Activate(x);
    Place place{.stage = 0, .block = 0, .index = 0};
    for (const Stage& stage : kStages) {
      for (place.block = 0; place.block < Depth(stage); ++place.block) {
        x = Block(place, stage, x);
        ++place.index;
      }
      ++place.stage;
    }
    x = ConvNorm({"features.8.0", "conv_head", "_conv_head"}, {"features.8.1", "bn2", "_bn1"}, x,
                 {.channels = Outer(kHeadChannels), .kernel = 1});
    x = g_.Flatten(g_.GlobalAveragePool2d(Activate(x)));
    x = g_.Dropout(x, options_.dropout.value_or(scale_.dropout));
    return std::move(g_).Build(
        g_.Linear(Names({"classifier.1", "classifier", "_fc"}), x, {.features = options_.classes}));
  }

 private:
  /// A layer's own name is that of the library its published weights come from.
  NodeName Names(const LayerNames& names) const {
    if (family_.lite) return {names.timm, {names.original}};
    return {names.torchvision, {names.timm, names.original}};
  }

  int Depth(const Stage& stage) const {
    const bool outer = &stage == std::begin(kStages) || &stage == std::end(kStages) - 1;
    if (family_.lite && outer) return stage.blocks;
    return static_cast<int>(std::ceil(stage.blocks * scale_.depth));
  }

  int64_t Inner(int64_t channels) const { return Widen(channels, scale_.width * options_.width); }
  int64_t Outer(int64_t channels) const {
    return family_.lite ? Widen(channels, options_.width) : Inner(channels);
  }

  Value Activate(Value x) { return family_.lite ? g_.Relu6(x) : g_.Silu(x); }

  Value ConvNorm(const LayerNames& conv, const LayerNames& norm, Value x, Conv2dOptions options) {
    options.padding = options.kernel / 2;
    if (family_.lite) options.pad = Padding::kSame;
    return g_.BatchNorm2d(Names(norm), g_.Conv2d(Names(conv), x, options), family_.norm);
  }

  /// A mobile inverted bottleneck. Without an expansion its layers count from the depthwise one, in
  /// torchvision's names and in timm's.
  Value Block(const Place& place, const Stage& stage, Value x) {
    const std::string torchvision =
        fmt::format("features.{}.{}.block.", place.stage + 1, place.block);
    const std::string timm = fmt::format("blocks.{}.{}.", place.stage, place.block);
    const std::string original = fmt::format("_blocks.{}._", place.index);
    const bool expands = stage.expansion != 1;
    int layer = 0;
    const auto part = [&](const char* name) {
      return fmt::format("{}{}.{}", torchvision, layer, name);
    };

    const int64_t in = g_.Shape(x)[0];
    const int64_t out = Inner(stage.channels);
    const int64_t hidden = in * stage.expansion;
    Value y = x;
    if (expands) {
      y = Activate(ConvNorm({part("0"), timm + "conv_pw", original + "expand_conv"},
                            {part("1"), timm + "bn1", original + "bn0"}, y,
                            {.channels = hidden, .kernel = 1}));
      ++layer;
    }
    const int64_t stride = place.block == 0 ? stage.stride : 1;
    y = Activate(
        ConvNorm({part("0"), timm + "conv_dw", original + "depthwise_conv"},
                 {part("1"), timm + (expands ? "bn2" : "bn1"), original + "bn1"}, y,
                 {.channels = hidden, .kernel = stage.kernel, .stride = stride, .groups = hidden}));
    ++layer;
    if (!family_.lite) {
      y = SqueezeExcite({part("fc1"), timm + "se.conv_reduce", original + "se_reduce"},
                        {part("fc2"), timm + "se.conv_expand", original + "se_expand"}, y, in);
      ++layer;
    }
    y = ConvNorm({part("0"), timm + (expands ? "conv_pwl" : "conv_pw"), original + "project_conv"},
                 {part("1"), timm + (expands ? "bn3" : "bn2"), original + "bn2"}, y,
                 {.channels = out, .kernel = 1});
    if (stride != 1 || in != out) return y;
    return g_.Add(g_.StochasticDepth(y, kStochasticDepth * place.index / blocks_), x);
  }

  /// Hu et al.: Squeeze-and-Excitation (2018); squeezed to a quarter of the block's own input.
  Value SqueezeExcite(const LayerNames& reduce, const LayerNames& expand, Value x,
                      int64_t block_channels) {
    const int64_t channels = g_.Shape(x)[0];
    const int64_t squeezed = std::max<int64_t>(1, block_channels / 4);
    Value y = g_.GlobalAveragePool2d(x);
    y = g_.Conv2d(Names(reduce), y, {.channels = squeezed, .kernel = 1, .bias = true});
    y = g_.Conv2d(Names(expand), g_.Silu(y), {.channels = channels, .kernel = 1, .bias = true});
    return g_.Scale(x, g_.Sigmoid(y));
  }

  const Family& family_;
  const Scale& scale_;
  const NetworkOptions& options_;
  GraphBuilder g_;
  int blocks_ = 0;
};

/// Width, depth and dropout of the papers; picture sizes stand in the zoo.
constexpr Scale kB[] = {{1.0, 1.0, 0.2}, {1.0, 1.1, 0.2}, {1.1, 1.2, 0.3}, {1.2, 1.4, 0.3},
                        {1.4, 1.8, 0.4}, {1.6, 2.2, 0.4}, {1.8, 2.6, 0.5}, {2.0, 3.1, 0.5}};
constexpr Scale kLiteScales[] = {
    {1.0, 1.0, 0.2}, {1.0, 1.1, 0.2}, {1.1, 1.2, 0.3}, {1.2, 1.4, 0.3}, {1.4, 1.8, 0.3}};

Graph BuildB(int number, const NetworkOptions& options) {
  return EfficientNetBuilder(number < 5 ? kSmall : kLarge, kB[number], options).Build();
}

Graph BuildLite(int number, const NetworkOptions& options) {
  return EfficientNetBuilder(kLite, kLiteScales[number], options).Build();
}

}  // namespace

Graph BuildEfficientNetB0(const NetworkOptions& options) {
  return BuildB(0, options);
}
Graph BuildEfficientNetB1(const NetworkOptions& options) {
  return BuildB(1, options);
}
Graph BuildEfficientNetB2(const NetworkOptions& options) {
  return BuildB(2, options);
}
Graph BuildEfficientNetB3(const NetworkOptions& options) {
  return BuildB(3, options);
}
Graph BuildEfficientNetB4(const NetworkOptions& options) {
  return BuildB(4, options);
}
Graph BuildEfficientNetB5(const NetworkOptions& options) {
  return BuildB(5, options);
}
Graph BuildEfficientNetB6(const NetworkOptions& options) {
  return BuildB(6, options);
}
Graph BuildEfficientNetB7(const NetworkOptions& options) {
  return BuildB(7, options);
}
Graph BuildEfficientNetLite0(const NetworkOptions& options) {
  return BuildLite(0, options);
}
Graph BuildEfficientNetLite1(const NetworkOptions& options) {
  return BuildLite(1, options);
}
Graph BuildEfficientNetLite2(const NetworkOptions& options) {
  return BuildLite(2, options);
}
Graph BuildEfficientNetLite3(const NetworkOptions& options) {
  return BuildLite(3, options);
}
Graph BuildEfficientNetLite4(const NetworkOptions& options) {
  return BuildLite(4, options);
}

}  // namespace keelrow::nets
