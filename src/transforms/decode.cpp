#include "data/image_decode.h"
#include "transforms/row.h"

namespace keelrow::transforms {
namespace {

const std::vector<config::Choice>& Modes() {
  static const std::vector<config::Choice> modes = {
      {.name = "gray", .help = "One channel; colours by ITU-R 601-2 luma."},
      {.name = "rgb", .help = "Three channels; gray is repeated, transparency is dropped."},
  };
  return modes;
}

struct Options {
  config::Name<Modes> mode{"rgb"};
};

void Describe(config::Object<Options>& object) {
  object.Field("mode", &Options::mode, "Channels of the picture.");
}

class Decode : public Transform {
 public:
  explicit Decode(const Options& options)
      : mode_(options.mode.value == "gray" ? data::ColorMode::kGray : data::ColorMode::kRgb) {}

  Payload Apply(Payload payload) const override {
    return data::DecodeImage(std::get<std::string>(payload), {.mode = mode_}).Value();
  }
  Payload Adopt(Payload payload) const override {
    return data::ConvertTo(mode_, std::get<data::Image>(std::move(payload)));
  }

 private:
  data::ColorMode mode_;
};

}  // namespace

TransformRow DecodeRow() {
  return {.from = Kind::kBytes,
          .to = Kind::kImage,
          .choice = config::ChoiceOf<Options>("decode", "Reads a PNG, JPEG or WebP file.", "mode"),
          .make = MakeTransform<Decode, Options>};
}

}  // namespace keelrow::transforms
