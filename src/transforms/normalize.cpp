#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "transforms/row.h"

namespace keelrow::transforms {
namespace {

using Numbers = std::vector<double>;

/// Means and deviations of pixel values from 0 to 1.
struct Preset {
  Numbers mean;
  Numbers std;
};

const std::vector<config::Choice>& Presets() {
  static const std::vector<config::Choice> presets = {
      {.name = "unit", .help = "0 to 1."},
      {.name = "centered", .help = "-1 to 1."},
      {.name = "imagenet", .help = "ImageNet's means and deviations, for pretrained networks."},
  };
  return presets;
}

Preset PresetOf(const std::string& name) {
  if (name == "centered") return {{0.5}, {0.5}};
  // torchvision.transforms' documentation, "pre-trained models".
  if (name == "imagenet") return {{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}};
  return {{0}, {1}};
}

struct Options {
  config::Name<Presets> preset{"unit"};
  Numbers mean;
  Numbers std;
};

void Check(const Options& options) {
  if (options.mean.size() != options.std.size()) {
    throw Error(Code::kBadValue, "`mean` and `std` must have the same number of values");
  }
  if (std::ranges::any_of(options.std, [](double value) { return value <= 0; })) {
    throw Error(Code::kBadValue, "`std` must be above 0");
  }
}

void Describe(config::Object<Options>& object) {
  object.Field("preset", &Options::preset, "Known means and deviations.");
  object.Field("mean", &Options::mean,
               "Instead of the preset: mean of each channel, or one for all, from 0 to 1.");
  object.Field("std", &Options::std, "Instead of the preset: deviation of each channel.");
  object.Check(Check);
}

/// [height, width, channels] of bytes to [channels, height, width] of float32, through a table of
/// 256 values a channel, computed in float as torchvision's ToTensor and Normalize do.
class Normalize : public Transform {
 public:
  explicit Normalize(const Options& options) {
    const Preset preset =
        options.mean.empty() ? PresetOf(options.preset.value) : Preset{options.mean, options.std};
    for (size_t c = 0; c < preset.mean.size(); ++c) {
      tables_.push_back(
          TableOf(static_cast<float>(preset.mean[c]), static_cast<float>(preset.std[c])));
    }
  }

  Payload Apply(Payload payload) const override {
    const auto& image = std::get<data::Image>(payload);
    const auto channels = static_cast<size_t>(image.channels);
    if (tables_.size() != 1 && tables_.size() != channels) {
      throw Error(Code::kBadExample,
                  fmt::format("`normalize` has {} means, but the picture has {} channel{}",
                              tables_.size(), channels, channels == 1 ? "" : "s"),
                  {.hint = "set the mode of `decode`, or other means"});
    }
    Tensor tensor = Tensor::Zeros(DType::kFloat32, {image.channels, image.height, image.width});
    float* out = tensor.As<float>().data();
    for (size_t c = 0; c < channels; ++c) {
      const Table& table = tables_[tables_.size() == 1 ? 0 : c];
      for (size_t i = c; i < image.pixels.size(); i += channels) *out++ = table[image.pixels[i]];
    }
    return tensor;
  }

 private:
  using Table = std::array<float, 256>;

  static Table TableOf(float mean, float std) {
    Table table{};
    for (size_t level = 0; level < table.size(); ++level) {
      table[level] = (static_cast<float>(level) / 255.0F - mean) / std;
    }
    return table;
  }

  std::vector<Table> tables_;
};

}  // namespace

TransformRow NormalizeRow() {
  return {
      .from = Kind::kImage,
      .to = Kind::kTensor,
      .choice = config::ChoiceOf<Options>(
          "normalize", "Makes the network's input: float32 [channels, height, width].", "preset"),
      .make = MakeTransform<Normalize, Options>};
}

}  // namespace keelrow::transforms
