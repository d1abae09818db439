#include "transforms/photometric.h"
#include "transforms/row.h"

namespace keelrow::transforms {
namespace {

struct Options {
  int range = 0;
};

void Describe(config::Object<Options>& object) {
  object.Field("range", &Options::range, "Adds up to so many levels, or takes them away.")
      .Range(0, 255);
}

class ChannelShift : public Augmentation {
 public:
  explicit ChannelShift(const Options& options) : range_(options.range) {}

  Payload Apply(Payload payload, Random& random) const override {
    const uint64_t drawn = random.Below(2 * static_cast<uint64_t>(range_) + 1);
    ShiftLevels(std::get<data::Image>(payload), static_cast<int>(drawn) - range_);
    return payload;
  }

 private:
  int range_;
};

}  // namespace

AugmentationRow ChannelShiftRow() {
  return {.kind = Kind::kImage,
          .choice = config::ChoiceOf<Options>(
              "channel_shift",
              "Makes the picture lighter or darker by a whole number of levels, as Keras does: no "
              "value leaves the range between the picture's least and greatest.",
              "range"),
          .make = MakeAugmentation<ChannelShift, Options>};
}

}  // namespace keelrow::transforms
