#include <algorithm>
#include <array>
#include <utility>

#include "transforms/photometric.h"
#include "transforms/row.h"

namespace keelrow::transforms {
namespace {

using data::Image;

struct Options {
  double brightness = 0;
  double contrast = 0;
  double saturation = 0;
  double hue = 0;
};

void Describe(config::Object<Options>& object) {
  object
      .Field("brightness", &Options::brightness,
             "Factor of 1 minus this, at least 0, to 1 plus it.")
      .Range(0, 10);
  object.Field("contrast", &Options::contrast, "The same, about the picture's mean gray.")
      .Range(0, 10);
  object.Field("saturation", &Options::saturation, "The same, about the gray picture.")
      .Range(0, 10);
  object.Field("hue", &Options::hue, "Turns colours by up to this part of the circle either way.")
      .Range(0, 0.5);
}

class ColorJitter : public Augmentation {
 public:
  explicit ColorJitter(const Options& options) : options_(options) {}

  Payload Apply(Payload payload, Random& random) const override {
    auto& image = std::get<Image>(payload);
    std::array<int, 4> order = {0, 1, 2, 3};
    for (size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random.Below(i + 1)]);
    const float brightness = Factor(options_.brightness, random);
    const float contrast = Factor(options_.contrast, random);
    const float saturation = Factor(options_.saturation, random);
    const double turn = random.Uniform(-options_.hue, options_.hue);
    for (const int step : order) {
      if (step == 0 && options_.brightness > 0) AdjustBrightness(image, brightness);
      if (step == 1 && options_.contrast > 0) AdjustContrast(image, contrast);
      if (step == 2 && options_.saturation > 0) AdjustSaturation(image, saturation);
      if (step == 3 && options_.hue > 0) AdjustHue(image, turn);
    }
    return payload;
  }

 private:
  static float Factor(double range, Random& random) {
    return static_cast<float>(random.Uniform(std::max(0.0, 1 - range), 1 + range));
  }

  Options options_;
};

}  // namespace

AugmentationRow ColorJitterRow() {
  return {
      .kind = Kind::kImage,
      .choice = config::ChoiceOf<Options>(
          "color_jitter",
          "Changes brightness, contrast, saturation and hue in a random order, as torchvision's "
          "ColorJitter."),
      .make = MakeAugmentation<ColorJitter, Options>};
}

}  // namespace keelrow::transforms
