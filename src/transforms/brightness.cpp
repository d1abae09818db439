#include "transforms/photometric.h"
#include "transforms/ranges.h"
#include "transforms/row.h"

namespace keelrow::transforms {
namespace {

struct Options {
  std::vector<double> range = {1, 1};
};

void Describe(config::Object<Options>& object) {
  object.Field("range", &Options::range,
               "[lowest, highest] factor, from 0 (black) over 1 (as it is) to 100.");
  object.Check([](const Options& options) { CheckRange("range", options.range, 0, 100); });
}

class Brightness : public Augmentation {
 public:
  explicit Brightness(const Options& options) : range_(options.range) {}

  Payload Apply(Payload payload, Random& random) const override {
    const double factor = random.Uniform(range_[0], range_[1]);
    AdjustBrightness(std::get<data::Image>(payload), static_cast<float>(factor));
    return payload;
  }

 private:
  std::vector<double> range_;
};

}  // namespace

AugmentationRow BrightnessRow() {
  return {
      .kind = Kind::kImage,
      .choice = config::ChoiceOf<Options>(
          "brightness",
          "Multiplies the picture's values by a random factor, as Keras and Pillow do.", "range"),
      .make = MakeAugmentation<Brightness, Options>};
}

}  // namespace keelrow::transforms
