#include <algorithm>
#include <cmath>
#include <numbers>

#include "transforms/row.h"
#include "transforms/warp.h"

namespace keelrow::transforms {
namespace {

struct FillRow {
  config::Choice choice;
  Border border;
};

const std::vector<FillRow>& FillRows() {
  static const std::vector<FillRow> rows = {
      {{.name = "nearest", .help = "The nearest pixel of the edge."}, Border::kNearest},
      {{.name = "constant", .help = "The value of `fill_value`."}, Border::kConstant},
      {{.name = "reflect", .help = "The picture, mirrored at its edge."}, Border::kReflect},
      {{.name = "wrap", .help = "The picture again."}, Border::kWrap},
  };
  return rows;
}

const std::vector<config::Choice>& Fills() {
  static const std::vector<config::Choice> choices = config::ChoicesOf(FillRows());
  return choices;
}

struct Options {
  double rotation = 0;
  double width_shift = 0;
  double height_shift = 0;
  double shear = 0;
  double zoom = 0;
  config::Name<Fills> fill{"nearest"};
  int fill_value = 0;
};

void Describe(config::Object<Options>& object) {
  object.Field("rotation", &Options::rotation, "Turns by up to this angle either way.")
      .Unit("degrees")
      .Range(0, 180);
  object
      .Field("width_shift", &Options::width_shift,
             "Shifts sideways by up to this: below 1 a part of the width, else pixels.")
      .Range(0, 8192);
  object
      .Field("height_shift", &Options::height_shift,
             "Shifts up or down by up to this: below 1 a part of the height, else pixels.")
      .Range(0, 8192);
  object.Field("shear", &Options::shear, "Slants by up to this angle either way.")
      .Unit("degrees")
      .Range(0, 89);
  object
      .Field("zoom", &Options::zoom,
             "Scales each direction by a factor of 1 minus this to 1 plus this.")
      .Range(0, 0.99);
  object.Field("fill", &Options::fill, "What stands where the picture does not reach.");
  object.Field("fill_value", &Options::fill_value, "Level for `fill: constant`.").Range(0, 255);
}

double Radians(double degrees) {
  return degrees * std::numbers::pi / 180;
}

/// Rotation, shift, shear and zoom about the middle, in one sampling: the parameters, the order of
/// draws and of the matrix product are those of Keras's ImageDataGenerator (with x along the
/// width, so that height_shift moves rows). A positive angle turns counter-clockwise.
class Affine : public Augmentation {
 public:
  explicit Affine(const Options& options) : options_(options) {
    warp_.border = config::RowOf(FillRows(), options.fill.value).border;
    warp_.constant = static_cast<uint8_t>(options.fill_value);
  }

  Payload Apply(Payload payload, Random& random) const override {
    const auto& image = std::get<data::Image>(payload);
    return Warp(image, Draw(image, random), warp_);
  }

 private:
  AffineMap Draw(const data::Image& image, Random& random) const {
    const auto symmetric = [&](double range) { return random.Uniform(-range, range); };
    const auto pixels = [](double shift, int size) { return shift < 1 ? shift * size : shift; };
    const double angle = Radians(symmetric(options_.rotation));
    const double y_shift = symmetric(pixels(options_.height_shift, image.height));
    const double x_shift = symmetric(pixels(options_.width_shift, image.width));
    const double slant = Radians(symmetric(options_.shear));
    const double x_zoom = 1 + symmetric(options_.zoom);
    const double y_zoom = 1 + symmetric(options_.zoom);

    const AffineMap rotate{.xx = std::cos(angle),
                           .xy = -std::sin(angle),
                           .yx = std::sin(angle),
                           .yy = std::cos(angle)};
    const AffineMap shift{.x0 = x_shift, .y0 = y_shift};
    const AffineMap shear{.xy = -std::sin(slant), .yy = std::cos(slant)};
    const AffineMap zoom{.xx = x_zoom, .yy = y_zoom};
    const double x_middle = image.width / 2.0 - 0.5;
    const double y_middle = image.height / 2.0 - 0.5;
    const AffineMap to_middle{.x0 = -x_middle, .y0 = -y_middle};
    const AffineMap back{.x0 = x_middle, .y0 = y_middle};
    return back.After(rotate).After(shift).After(shear).After(zoom).After(to_middle);
  }

  Options options_;
  WarpOptions warp_;
};

}  // namespace

AugmentationRow AffineRow() {
  return {.kind = Kind::kImage,
          .choice = config::ChoiceOf<Options>(
              "affine", "Turns, shifts, slants and scales the picture at random."),
          .make = MakeAugmentation<Affine, Options>};
}

}  // namespace keelrow::transforms
