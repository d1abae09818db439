#include <fmt/format.h>

#include <algorithm>

#include "transforms/resample.h"
#include "transforms/row.h"

namespace keelrow::transforms {
namespace {

constexpr int kEdgeMax = 8192;

struct FilterRow {
  config::Choice choice;
  Filter filter;
};

const std::vector<FilterRow>& FilterRows() {
  static const std::vector<FilterRow> rows = {
      {{.name = "nearest", .help = "The nearest pixel; the only one without antialiasing."},
       Filter::kNearest},
      {{.name = "box", .help = "Means of areas."}, Filter::kBox},
      {{.name = "area", .help = "The same as box, under OpenCV's name."}, Filter::kBox},
      {{.name = "bilinear", .help = "A triangle; the usual choice."}, Filter::kBilinear},
      {{.name = "hamming", .help = "As fast as bilinear, sharper."}, Filter::kHamming},
      {{.name = "bicubic", .help = "Sharper, slower."}, Filter::kBicubic},
      {{.name = "lanczos", .help = "Sharpest, slowest."}, Filter::kLanczos},
  };
  return rows;
}

const std::vector<config::Choice>& Filters() {
  static const std::vector<config::Choice> choices = config::ChoicesOf(FilterRows());
  return choices;
}

struct Options {
  std::vector<int> size = {224};
  config::Name<Filters> filter{"bilinear"};
  bool keep_aspect = false;
};

void Check(const Options& options) {
  EdgesOf(options.size);
  if (options.keep_aspect && options.size.size() != 1) {
    throw Error(Code::kBadValue, "`keep_aspect` needs a single `size`, for the shorter edge");
  }
}

void Describe(config::Object<Options>& object) {
  object.Field("size", &Options::size, "New size: one number for both edges, or [height, width].")
      .Unit("pixels");
  object.Field("filter", &Options::filter, "How pixels are weighted, exactly as in Pillow.");
  object.Field("keep_aspect", &Options::keep_aspect,
               "`size` is for the shorter edge, the longer follows; then `crop` to one size.");
  object.Check(Check);
}

class Resize : public Transform {
 public:
  explicit Resize(const Options& options)
      : edges_(EdgesOf(options.size)),
        filter_(config::RowOf(FilterRows(), options.filter.value).filter),
        keep_aspect_(options.keep_aspect) {}

  Payload Apply(Payload payload) const override {
    const auto& image = std::get<data::Image>(payload);
    const Edges to = keep_aspect_ ? Follow(image) : edges_;
    return Resample(image, {.width = to.width, .height = to.height, .filter = filter_});
  }

 private:
  /// As torchvision's Resize(int): the longer edge is rounded down.
  Edges Follow(const data::Image& image) const {
    const int64_t edge = edges_.height;
    const int shorter = std::min(image.width, image.height);
    const auto scaled = [&](int from) {
      return static_cast<int>(std::min<int64_t>(edge * from / shorter, 8 * kEdgeMax));
    };
    return {.height = scaled(image.height), .width = scaled(image.width)};
  }

  Edges edges_;
  Filter filter_;
  bool keep_aspect_;
};

}  // namespace

Edges EdgesOf(const std::vector<int>& size) {
  const bool fits = size.size() == 1 || size.size() == 2;
  const auto in_range = [](int edge) { return edge >= 1 && edge <= kEdgeMax; };
  if (fits && std::ranges::all_of(size, in_range)) {
    return {.height = size.front(), .width = size.back()};
  }
  throw Error(Code::kBadValue,
              fmt::format("`size` takes one number or [height, width], each 1 to {}", kEdgeMax));
}

TransformRow ResizeRow() {
  return {.from = Kind::kImage,
          .to = Kind::kImage,
          .choice = config::ChoiceOf<Options>(
              "resize", "Scales the picture, antialiased as Pillow does.", "size"),
          .make = MakeTransform<Resize, Options>};
}

}  // namespace keelrow::transforms
