#include "transforms/row.h"
#include "transforms/warp.h"

namespace keelrow::transforms {
namespace {

struct Options {
  int padding = 4;
  int fill_value = 0;
};

void Describe(config::Object<Options>& object) {
  object
      .Field("padding", &Options::padding,
             "Border put around the picture before a part of the picture's size is taken.")
      .Unit("pixels")
      .Range(0, 8192);
  object.Field("fill_value", &Options::fill_value, "Level of the border.").Range(0, 255);
}

/// A shift by whole pixels.
class RandomCrop : public Augmentation {
 public:
  explicit RandomCrop(const Options& options) : options_(options) {}

  Payload Apply(Payload payload, Random& random) const override {
    const auto& image = std::get<data::Image>(payload);
    const auto places = 2 * static_cast<uint64_t>(options_.padding) + 1;
    const auto drawn = [&] { return static_cast<double>(random.Below(places)) - options_.padding; };
    const double y = drawn();
    const double x = drawn();
    return Warp(
        image, {.x0 = x, .y0 = y},
        {.border = Border::kConstant, .constant = static_cast<uint8_t>(options_.fill_value)});
  }

 private:
  Options options_;
};

}  // namespace

AugmentationRow RandomCropRow() {
  return {.kind = Kind::kImage,
          .choice = config::ChoiceOf<Options>(
              "random_crop",
              "Puts a border around the picture and takes a part of the old size, as torchvision's "
              "RandomCrop with padding; usual for small pictures.",
              "padding"),
          .make = MakeAugmentation<RandomCrop, Options>};
}

}  // namespace keelrow::transforms
