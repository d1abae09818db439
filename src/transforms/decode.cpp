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
  bool upright = false;
};

void Describe(config::Object<Options>& object) {
  object.Field("mode", &Options::mode, "Channels of the picture.");
  object.Field("upright", &Options::upright,
               "Turns the picture as its EXIF orientation says, so as viewers show it; cameras and "
               "telephones write one.");
}

class Decode : public Transform {
 public:
  explicit Decode(const Options& options)
      : mode_(options.mode.value == "gray" ? data::ColorMode::kGray : data::ColorMode::kRgb),
        upright_(options.upright) {}

  Payload Apply(Payload payload) const override {
    return data::DecodeImage(std::get<std::string>(payload), {.mode = mode_, .upright = upright_})
        .Value();
  }
  Payload Adopt(Payload payload) const override {
    return data::ConvertTo(mode_, std::get<data::Image>(std::move(payload)));
  }

 private:
  data::ColorMode mode_;
  bool upright_;
};

}  // namespace

TransformRow DecodeRow() {
  return {.from = Kind::kBytes,
          .to = Kind::kImage,
          .choice = config::ChoiceOf<Options>("decode", "Reads a PNG, JPEG or WebP file.", "mode"),
          .make = MakeTransform<Decode, Options>};
}

}  // namespace keelrow::transforms
