#include "transforms/affine.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "transforms/row.h"

namespace keelrow::transforms {
namespace {

using Numbers = std::vector<double>;

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
  Numbers width_shift = {0};
  Numbers height_shift = {0};
  double shear = 0;
  Numbers zoom = {0};
  bool zoom_together = false;
  config::Name<Fills> fill{"nearest"};
  int fill_value = 0;
  bool keras_compat = false;
};

void CheckShift(const std::string& name, const Numbers& shift) {
  const auto fits = [](double pixels) { return pixels >= 0 && pixels <= 8192; };
  if (!shift.empty() && std::ranges::all_of(shift, fits)) return;
  throw Error(Code::kBadValue, "`" + name + "` takes one number or a list of them, each 0 to 8192");
}

void Check(const Options& options) {
  CheckShift("width_shift", options.width_shift);
  CheckShift("height_shift", options.height_shift);
  const Numbers& zoom = options.zoom;
  const bool range = zoom.size() == 2 && zoom[0] > 0 && zoom[0] <= zoom[1] && zoom[1] <= 100;
  if (range || (zoom.size() == 1 && zoom[0] >= 0 && zoom[0] < 1)) return;
  throw Error(Code::kBadValue, "`zoom` takes one number from 0 to below 1, or [lowest, highest]");
}

void Describe(config::Object<Options>& object) {
  object.Field("rotation", &Options::rotation, "Turns by up to this angle either way.")
      .Unit("degrees")
      .Range(0, 180);
  object.Field("width_shift", &Options::width_shift,
               "Shifts sideways by up to this: below 1 a part of the width, else pixels. Of a "
               "list, by one of its values, either way.");
  object.Field("height_shift", &Options::height_shift,
               "Shifts up or down by up to this: below 1 a part of the height, else pixels. Of a "
               "list, by one of its values, either way.");
  object.Field("shear", &Options::shear, "Slants by up to this angle either way.")
      .Unit("degrees")
      .Range(0, 89);
  object.Field("zoom", &Options::zoom,
               "Scales each direction by a factor of 1 minus this to 1 plus this, or of [lowest, "
               "highest]. Above 1 things get smaller, as in Keras.");
  object.Field("zoom_together", &Options::zoom_together,
               "Scales both directions by the same factor, so that things keep their form.");
  object.Field("fill", &Options::fill, "What stands where the picture does not reach.");
  object.Field("fill_value", &Options::fill_value, "Level for `fill: constant`.").Range(0, 255);
  object.Field("keras_compat", &Options::keras_compat,
               "The pixels of Keras's ImageDataGenerator to within 1/255, with its two slips: the "
               "shifts exchange their axes, and pictures that are not square turn about another "
               "point. Slower.");
  object.Check(Check);
}

double Radians(double degrees) {
  return degrees * std::numbers::pi / 180;
}

/// Symmetric about 0 up to one number; of several numbers one, either way.
double DrawShift(const Numbers& shift, int size, Random& random) {
  const double where = random.Uniform();
  const bool part = std::ranges::max(shift) < 1;
  const double unit = part ? size : 1;
  if (shift.size() == 1) return (2 * where - 1) * shift[0] * unit;
  const double choice = where * static_cast<double>(2 * shift.size());
  const auto index = static_cast<size_t>(choice / 2);
  const bool back = static_cast<size_t>(choice) % 2 == 0;
  return (back ? -shift[index] : shift[index]) * unit;
}

/// The parameters and the order of draws are those of Keras's ImageDataGenerator.
class Affine : public Augmentation {
 public:
  explicit Affine(const Options& options) : options_(options) {
    warp_.border = config::RowOf(FillRows(), options.fill.value).border;
    warp_.constant = static_cast<uint8_t>(options.fill_value);
  }

  Payload Apply(Payload payload, Random& random) const override {
    const auto& image = std::get<data::Image>(payload);
    const PictureSize size{.width = image.width, .height = image.height};
    const AffineMap map = MapOf(Draw(size, random), size, options_.keras_compat);
    return options_.keras_compat ? WarpAsScipy(image, map, warp_) : Warp(image, map, warp_);
  }

 private:
  AffineDraw Draw(PictureSize size, Random& random) const {
    AffineDraw draw;
    draw.rotation = random.Uniform(-options_.rotation, options_.rotation);
    draw.height_shift = DrawShift(options_.height_shift, size.height, random);
    draw.width_shift = DrawShift(options_.width_shift, size.width, random);
    draw.shear = random.Uniform(-options_.shear, options_.shear);
    const Numbers& zoom = options_.zoom;
    const double lowest = zoom.size() == 2 ? zoom[0] : 1 - zoom[0];
    const double highest = zoom.size() == 2 ? zoom[1] : 1 + zoom[0];
    draw.x_zoom = random.Uniform(lowest, highest);
    draw.y_zoom = random.Uniform(lowest, highest);
    if (options_.zoom_together) draw.y_zoom = draw.x_zoom;
    return draw;
  }

  Options options_;
  WarpOptions warp_;
};

}  // namespace

AffineMap MapOf(const AffineDraw& draw, PictureSize size, bool keras_compat) {
  const double angle = Radians(draw.rotation);
  const double slant = Radians(draw.shear);
  const AffineMap rotate{
      .xx = std::cos(angle), .xy = -std::sin(angle), .yx = std::sin(angle), .yy = std::cos(angle)};
  AffineMap shift{.x0 = draw.width_shift, .y0 = draw.height_shift};
  const AffineMap shear{.xy = -std::sin(slant), .yy = std::cos(slant)};
  const AffineMap zoom{.xx = draw.x_zoom, .yy = draw.y_zoom};
  double x_middle = size.width / 2.0 - 0.5;
  double y_middle = size.height / 2.0 - 0.5;
  if (keras_compat) {
    std::swap(shift.x0, shift.y0);
    std::swap(x_middle, y_middle);
  }
  const AffineMap to_middle{.x0 = -x_middle, .y0 = -y_middle};
  const AffineMap back{.x0 = x_middle, .y0 = y_middle};
  return back.After(rotate.After(shift).After(shear).After(zoom)).After(to_middle);
}

AugmentationRow AffineRow() {
  return {.kind = Kind::kImage,
          .choice = config::ChoiceOf<Options>(
              "affine", "Turns, shifts, slants and scales the picture at random."),
          .make = MakeAugmentation<Affine, Options>};
}

}  // namespace keelrow::transforms
