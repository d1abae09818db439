#include <algorithm>

#include "transforms/ranges.h"
#include "transforms/row.h"

namespace keelrow::transforms {
namespace {

using data::Image;

struct Options {
  double probability = 0.5;
  std::vector<double> scale = {0.02, 0.33};
  std::vector<double> ratio = {0.3, 3.3};
  int value = 0;
  bool noise = false;
};

void Describe(config::Object<Options>& object) {
  object.Field("probability", &Options::probability, "How often something is erased.").Range(0, 1);
  object.Field("scale", &Options::scale, "[lowest, highest] part of the picture's area.");
  object.Field("ratio", &Options::ratio, "[lowest, highest] width / height of what is erased.");
  object.Field("value", &Options::value, "Level that stands there instead.").Range(0, 255);
  object.Field("noise", &Options::noise, "Random levels stand there instead.");
  object.Check([](const Options& options) {
    CheckRanges({.scale = options.scale, .ratio = options.ratio});
  });
}

class RandomErasing : public Augmentation {
 public:
  explicit RandomErasing(const Options& options)
      : options_(options), ranges_{.scale = options.scale, .ratio = options.ratio} {}

  Payload Apply(Payload payload, Random& random) const override {
    auto& image = std::get<Image>(payload);
    const bool erase = random.Coin(options_.probability);
    const Rectangle part = DrawRectangle(ranges_, image.width, image.height, random);
    Random noise(random.Next(), "random_erasing");
    if (!erase) return payload;
    for (int y = part.top; y < part.top + part.height; ++y) {
      uint8_t* row = image.Row(y) + std::ptrdiff_t{part.left} * image.channels;
      const std::ptrdiff_t count = std::ptrdiff_t{part.width} * image.channels;
      std::generate_n(row, count, [&] {
        return static_cast<uint8_t>(options_.noise ? noise.Below(256)
                                                   : static_cast<uint64_t>(options_.value));
      });
    }
    return payload;
  }

 private:
  Options options_;
  RectangleRanges ranges_;
};

}  // namespace

AugmentationRow RandomErasingRow() {
  return {.kind = Kind::kImage,
          .choice = config::ChoiceOf<Options>(
              "random_erasing",
              "Erases a random rectangle, with the parameters of torchvision's RandomErasing."),
          .make = MakeAugmentation<RandomErasing, Options>};
}

}  // namespace keelrow::transforms
