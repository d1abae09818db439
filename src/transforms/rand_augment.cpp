#include <array>
#include <cmath>

#include "transforms/affine.h"
#include "transforms/photometric.h"
#include "transforms/row.h"

namespace keelrow::transforms {
namespace {

using data::Image;

struct Options {
  int operations = 2;
  int magnitude = 9;
  int bins = 31;
  int fill_value = 0;
};

void Describe(config::Object<Options>& object) {
  object.Field("operations", &Options::operations, "Changes one after another.").Range(1, 14);
  object.Field("magnitude", &Options::magnitude, "How strong each is, below `bins`.")
      .Range(0, 1000);
  object.Field("bins", &Options::bins, "Steps of strength.").Range(2, 1001);
  object.Field("fill_value", &Options::fill_value, "Level where the picture does not reach.")
      .Range(0, 255);
  object.Check([](const Options& options) {
    if (options.magnitude < options.bins) return;
    throw Error(Code::kBadValue, "`magnitude` must be below `bins`");
  });
}

/// An operation at one strength. `part` is magnitude / (bins - 1), from 0 to 1; `sign` 1 or -1.
struct Strength {
  double part;
  double sign;
  uint8_t fill;

  double Signed(double greatest) const { return sign * part * greatest; }
  float Factor() const { return static_cast<float>(1 + Signed(0.9)); }
};

void Move(Image& image, const AffineMap& map, const Strength& strength) {
  image = Warp(image, map, {.border = Border::kConstant, .constant = strength.fill});
}

void Rotate(Image& image, const Strength& strength) {
  const PictureSize size{.width = image.width, .height = image.height};
  Move(image, MapOf({.rotation = strength.Signed(30)}, size, /*keras_compat=*/false), strength);
}

using Operation = void (*)(Image& image, const Strength& strength);

/// torchvision 0.29.1's RandAugment._augmentation_space: the operations and their ranges.
constexpr std::array<Operation, 14> kOperations = {
    [](Image&, const Strength&) {},
    [](Image& image, const Strength& s) { Move(image, {.xy = s.Signed(0.3)}, s); },
    [](Image& image, const Strength& s) { Move(image, {.yx = s.Signed(0.3)}, s); },
    [](Image& image, const Strength& s) {
      Move(image, {.x0 = std::trunc(s.Signed(150.0 / 331 * image.width))}, s);
    },
    [](Image& image, const Strength& s) {
      Move(image, {.y0 = std::trunc(s.Signed(150.0 / 331 * image.height))}, s);
    },
    Rotate,
    [](Image& image, const Strength& s) { AdjustBrightness(image, s.Factor()); },
    [](Image& image, const Strength& s) { AdjustSaturation(image, s.Factor()); },
    [](Image& image, const Strength& s) { AdjustContrast(image, s.Factor()); },
    [](Image& image, const Strength& s) { AdjustSharpness(image, s.Factor()); },
    [](Image& image, const Strength& s) {
      Posterize(image, 8 - static_cast<int>(std::nearbyint(4 * s.part)));
    },
    [](Image& image, const Strength& s) { Solarize(image, 255 * (1 - s.part)); },
    [](Image& image, const Strength&) { AutoContrast(image); },
    [](Image& image, const Strength&) { Equalize(image); },
};

class RandAugment : public Augmentation {
 public:
  explicit RandAugment(const Options& options) : options_(options) {}

  Payload Apply(Payload payload, Random& random) const override {
    for (int i = 0; i < options_.operations; ++i) {
      const Operation operation = kOperations[random.Below(kOperations.size())];
      const Strength strength{.part = static_cast<double>(options_.magnitude) / (options_.bins - 1),
                              .sign = random.Coin() ? -1.0 : 1.0,
                              .fill = static_cast<uint8_t>(options_.fill_value)};
      operation(std::get<Image>(payload), strength);
    }
    return payload;
  }

 private:
  Options options_;
};

}  // namespace

AugmentationRow RandAugmentRow() {
  return {.kind = Kind::kImage,
          .choice = config::ChoiceOf<Options>(
              "rand_augment",
              "Some of 14 changes, all of one strength: RandAugment with torchvision's changes and "
              "strengths. Pixels between pixels are bilinear, where torchvision takes the nearest.",
              "magnitude"),
          .make = MakeAugmentation<RandAugment, Options>};
}

}  // namespace keelrow::transforms
