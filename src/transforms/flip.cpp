#include "transforms/flip.h"

#include <algorithm>

#include "transforms/row.h"

namespace keelrow::transforms {
namespace {

using data::Image;

struct Options {
  bool horizontal = false;
  bool vertical = false;
};

void Describe(config::Object<Options>& object) {
  object.Field("horizontal", &Options::horizontal, "Left and right change places, half the time.");
  object.Field("vertical", &Options::vertical, "Top and bottom change places, half the time.");
}

class Flip : public Augmentation {
 public:
  explicit Flip(const Options& options) : options_(options) {}

  Payload Apply(Payload payload, Random& random) const override {
    auto& image = std::get<Image>(payload);
    const bool horizontal = random.Coin();
    const bool vertical = random.Coin();
    if (options_.horizontal && horizontal) FlipRows(image);
    if (options_.vertical && vertical) FlipColumns(image);
    return payload;
  }

 private:
  Options options_;
};

}  // namespace

void FlipRows(Image& image) {
  for (int y = 0; y < image.height; ++y) {
    uint8_t* left = image.Row(y);
    uint8_t* right = left + image.RowBytes() - image.channels;
    for (; left < right; left += image.channels, right -= image.channels) {
      std::swap_ranges(left, left + image.channels, right);
    }
  }
}

void FlipColumns(Image& image) {
  for (int y = 0; y < image.height / 2; ++y) {
    std::swap_ranges(image.Row(y), image.Row(y) + image.RowBytes(),
                     image.Row(image.height - 1 - y));
  }
}

AugmentationRow FlipRow() {
  return {.kind = Kind::kImage,
          .choice = config::ChoiceOf<Options>("flip", "Mirrors the picture at random."),
          .make = MakeAugmentation<Flip, Options>};
}

}  // namespace keelrow::transforms
