#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

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
  std::optional<double> rescale;
  bool samplewise_center = false;
  bool samplewise_std_normalization = false;
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
  object.Field("rescale", &Options::rescale,
               "Factor that makes pixel values the numbers that means and deviations are of; 1/255 "
               "when not given.");
  object.Field("samplewise_center", &Options::samplewise_center,
               "Takes the picture's own mean away first, as Keras does.");
  object.Field("samplewise_std_normalization", &Options::samplewise_std_normalization,
               "Also divides by the picture's own deviation, as Keras does.");
  object.Check(Check);
}

using Table = std::array<float, 256>;

/// A picture's own mean and deviation, of all its channels together.
struct Moments {
  double mean;
  double deviation;
};

Moments MomentsOf(const data::Image& image, const Table& values) {
  std::array<size_t, 256> counts{};
  for (const uint8_t level : image.pixels) ++counts[level];
  const auto count = static_cast<double>(image.pixels.size());
  const auto mean_of = [&](const auto& value) {
    double sum = 0;
    for (size_t level = 0; level < counts.size(); ++level) {
      sum += static_cast<double>(counts[level]) * value(static_cast<double>(values[level]));
    }
    return sum / count;
  };
  const double mean = mean_of([](double value) { return value; });
  const double variance = mean_of([=](double value) { return (value - mean) * (value - mean); });
  return {.mean = mean, .deviation = std::sqrt(variance)};
}

/// [height, width, channels] of bytes to [channels, height, width] of float32, through a table of
/// 256 values a channel, computed in float as torchvision's ToTensor and Normalize do.
class Normalize : public Transform {
 public:
  explicit Normalize(const Options& options)
      : center_(options.samplewise_center || options.samplewise_std_normalization),
        scale_(options.samplewise_std_normalization) {
    const Preset preset =
        options.mean.empty() ? PresetOf(options.preset.value) : Preset{options.mean, options.std};
    for (size_t level = 0; level < values_.size(); ++level) {
      const auto value = static_cast<float>(level);
      values_[level] =
          options.rescale ? value * static_cast<float>(*options.rescale) : value / 255.0F;
    }
    for (size_t c = 0; c < preset.mean.size(); ++c) {
      means_.push_back(static_cast<float>(preset.mean[c]));
      deviations_.push_back(static_cast<float>(preset.std[c]));
    }
    tables_ = TablesOf(values_);
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
    return LookedUp(image, center_ ? TablesOf(Standardized(image)) : tables_);
  }

 private:
  /// Keras' standardize: 1e-6 keeps a picture of one colour from being divided by 0.
  Table Standardized(const data::Image& image) const {
    const Moments moments = MomentsOf(image, values_);
    const double divisor = scale_ ? moments.deviation + 1e-6 : 1;
    Table table{};
    for (size_t level = 0; level < table.size(); ++level) {
      table[level] = static_cast<float>((values_[level] - moments.mean) / divisor);
    }
    return table;
  }

  std::vector<Table> TablesOf(const Table& values) const {
    std::vector<Table> tables(means_.size());
    for (size_t c = 0; c < tables.size(); ++c) {
      for (size_t level = 0; level < values.size(); ++level) {
        tables[c][level] = (values[level] - means_[c]) / deviations_[c];
      }
    }
    return tables;
  }

  static Tensor LookedUp(const data::Image& image, const std::vector<Table>& tables) {
    const auto channels = static_cast<size_t>(image.channels);
    Tensor tensor = Tensor::Zeros(DType::kFloat32, {image.channels, image.height, image.width});
    float* out = tensor.As<float>().data();
    for (size_t c = 0; c < channels; ++c) {
      const Table& table = tables[tables.size() == 1 ? 0 : c];
      for (size_t i = c; i < image.pixels.size(); i += channels) *out++ = table[image.pixels[i]];
    }
    return tensor;
  }

  bool center_;
  bool scale_;
  Table values_{};  // what a level is before means are taken away
  std::vector<float> means_;
  std::vector<float> deviations_;
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
