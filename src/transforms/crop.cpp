#include "transforms/crop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "transforms/row.h"

namespace keelrow::transforms {
namespace {

using data::Image;

struct Options {
  std::vector<int> size = {224};
};

void Describe(config::Object<Options>& object) {
  object.Field("size", &Options::size, "Size kept: one number for both edges, or [height, width].")
      .Unit("pixels");
  object.Check([](const Options& options) { EdgesOf(options.size); });
}

class Crop : public Transform {
 public:
  explicit Crop(const Options& options) : edges_(EdgesOf(options.size)) {}

  Payload Apply(Payload payload) const override {
    const auto& image = std::get<Image>(payload);
    if (image.width < edges_.width || image.height < edges_.height) {
      throw Error(Code::kBadExample,
                  fmt::format("a picture of {} x {} pixels is too small to crop {} x {} from",
                              image.width, image.height, edges_.width, edges_.height),
                  {.hint = "put `resize` before `crop`"});
    }
    return CropTo(image, {.left = Middle(image.width - edges_.width),
                          .top = Middle(image.height - edges_.height),
                          .width = edges_.width,
                          .height = edges_.height});
  }

 private:
  /// As torchvision's CenterCrop: halves go to the even number.
  static int Middle(int excess) { return static_cast<int>(std::nearbyint(excess / 2.0)); }

  Edges edges_;
};

}  // namespace

Image CropTo(const Image& image, const Rectangle& rectangle) {
  Image out = Image::Blank(rectangle.width, rectangle.height, image.channels);
  const std::ptrdiff_t left = std::ptrdiff_t{rectangle.left} * image.channels;
  for (int y = 0; y < out.height; ++y) {
    std::copy_n(image.Row(rectangle.top + y) + left, out.RowBytes(), out.Row(y));
  }
  return out;
}

TransformRow CropRow() {
  return {.from = Kind::kImage,
          .to = Kind::kImage,
          .choice = config::ChoiceOf<Options>("crop", "Keeps the middle of the picture.", "size"),
          .make = MakeTransform<Crop, Options>};
}

}  // namespace keelrow::transforms
