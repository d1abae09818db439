#include <algorithm>

#include "transforms/crop.h"
#include "transforms/resample.h"
#include "transforms/row.h"

namespace keelrow::transforms {
namespace {

using data::Image;

struct Options {
  std::vector<double> scale = {0.08, 1};
  std::vector<double> ratio = {0.75, 1.3333333333333333};
};

void Describe(config::Object<Options>& object) {
  object.Field("scale", &Options::scale, "[lowest, highest] part of the picture's area.");
  object.Field("ratio", &Options::ratio, "[lowest, highest] width / height of the part.");
  object.Check([](const Options& options) {
    CheckRanges({.scale = options.scale, .ratio = options.ratio});
  });
}

class RandomResizedCrop : public Augmentation {
 public:
  explicit RandomResizedCrop(const Options& options)
      : ranges_{.scale = options.scale, .ratio = options.ratio} {}

  Payload Apply(Payload payload, Random& random) const override {
    const auto& image = std::get<Image>(payload);
    Rectangle part = DrawRectangle(ranges_, image.width, image.height, random);
    if (part.width == 0) part = Middle(image);
    return Resample(CropTo(image, part), {.width = image.width, .height = image.height});
  }

 private:
  /// torchvision's way out: the largest part in the middle whose form is allowed.
  Rectangle Middle(const Image& image) const {
    const double ratio = std::clamp(static_cast<double>(image.width) / image.height,
                                    ranges_.ratio[0], ranges_.ratio[1]);
    const int width = std::clamp(static_cast<int>(image.height * ratio), 1, image.width);
    const int height = std::clamp(static_cast<int>(image.width / ratio), 1, image.height);
    return {.left = (image.width - width) / 2,
            .top = (image.height - height) / 2,
            .width = width,
            .height = height};
  }

  RectangleRanges ranges_;
};

}  // namespace

AugmentationRow RandomResizedCropRow() {
  return {.kind = Kind::kImage,
          .choice = config::ChoiceOf<Options>(
              "random_resized_crop",
              "Takes a random part of the picture and scales it to the whole picture's size, as "
              "torchvision's RandomResizedCrop. What `prepare` resizes to should be generous: the "
              "part is taken from that."),
          .make = MakeAugmentation<RandomResizedCrop, Options>};
}

}  // namespace keelrow::transforms
