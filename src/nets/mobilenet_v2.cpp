#include <fmt/format.h>

#include <algorithm>

#include "nets/networks.h"

namespace keelrow::nets {
namespace {

using Value = GraphBuilder::Value;

/// Sandler et al.: MobileNetV2 (2018), table 2, with torchvision's names.
struct Stage {
  int64_t expansion;
  int64_t channels;
  int blocks;
  int64_t stride;
};
constexpr Stage kStages[] = {
    {1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2},  {6, 64, 4, 2},
    {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1},
};

class MobileNetBuilder {
 public:
  explicit MobileNetBuilder(const NetworkOptions& options) : options_(options) {}

  Graph Build() {
    Value x = g_.Input("input", options_.input_shape);
    x = ConvNormRelu("features.0", x,
                     {.channels = Widen(32, options_.width), .stride = 2, .padding = 1});
    int index = 1;
    for (const Stage& stage : kStages) {
      for (int i = 0; i < stage.blocks; ++i) {
        x = InvertedResidual(fmt::format("features.{}.conv", index++), x, stage,
                             i == 0 ? stage.stride : 1);
      }
    }
    // The last layer is never made narrower than published (torchvision, section 3.4 of the paper).
    x = ConvNormRelu(fmt::format("features.{}", index), x,
                     {.channels = Widen(1280, std::max(1.0, options_.width)), .kernel = 1});
    x = g_.Flatten(g_.GlobalAveragePool2d(x));
    x = g_.Dropout(x, options_.dropout.value_or(0.2));  // torchvision's default
    x = g_.Linear("classifier.1", x,
                  {.features = options_.classes, .init = Graph::Init::kNormal001});
    return std::move(g_).Build(x);
  }

 private:
  Value InvertedResidual(const std::string& name, Value x, const Stage& stage, int64_t stride) {
    const int64_t in = g_.Shape(x)[0];
    const int64_t out = Widen(stage.channels, options_.width);
    const int64_t hidden = in * stage.expansion;
    int layer = 0;
    Value y = x;
    if (stage.expansion != 1) {
      y = ConvNormRelu(fmt::format("{}.{}", name, layer++), y, {.channels = hidden, .kernel = 1});
    }
    y = ConvNormRelu(fmt::format("{}.{}", name, layer++), y,
                     {.channels = hidden, .stride = stride, .padding = 1, .groups = hidden});
    y = g_.Conv2d(fmt::format("{}.{}", name, layer), y, {.channels = out, .kernel = 1});
    y = g_.BatchNorm2d(fmt::format("{}.{}", name, layer + 1), y);
    return stride == 1 && in == out ? g_.Add(x, y) : y;
  }

  Value ConvNormRelu(const std::string& name, Value x, const Conv2dOptions& options) {
    return g_.Relu6(g_.BatchNorm2d(name + ".1", g_.Conv2d(name + ".0", x, options)));
  }

  const NetworkOptions& options_;
  GraphBuilder g_;
};

}  // namespace

Graph BuildMobileNetV2(const NetworkOptions& options) {
  return MobileNetBuilder(options).Build();
}

}  // namespace keelrow::nets
