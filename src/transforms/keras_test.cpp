#include <gtest/gtest.h>

#include <cmath>

#include "base/json.h"
#include "transforms/affine.h"
#include "transforms/chain.h"
#include "transforms/flip.h"
#include "transforms/photometric.h"

namespace keelrow::transforms {
namespace {

using data::Image;

Json Golden() {
  return ReadJsonFile(KEELROW_SOURCE_DIR "/tests/golden/keras_augment.json");
}

/// The picture that tests/parity/keras_augment.py makes.
Image Picture(const Json& size) {
  Image image = Image::Blank(size[0], size[1], size[2]);
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<uint8_t>(i * i * 31 + i * 7);
  }
  return image;
}

Border BorderOf(const std::string& fill) {
  const std::string names[] = {"nearest", "constant", "reflect", "wrap"};
  return static_cast<Border>(std::ranges::find(names, fill) - names);
}

/// The steps of Keras' apply_transform in their order, by our functions.
Image Transformed(const Json& row) {
  const Json& draw = row.at("draw");
  Image image = Picture(row.at("size"));
  const AffineMap map = MapOf({.rotation = draw.value("theta", 0.0),
                               .width_shift = draw.value("ty", 0.0),
                               .height_shift = draw.value("tx", 0.0),
                               .shear = draw.value("shear", 0.0),
                               .x_zoom = draw.value("zx", 1.0),
                               .y_zoom = draw.value("zy", 1.0)},
                              {.width = image.width, .height = image.height}, true);
  image = WarpAsScipy(image, map, {.border = BorderOf(row.at("fill")), .constant = 77});
  ShiftLevels(image, draw.value("channel_shift_intensity", 0));
  if (draw.value("flip_horizontal", false)) FlipRows(image);
  if (draw.value("flip_vertical", false)) FlipColumns(image);
  if (draw.contains("brightness")) AdjustBrightness(image, draw.at("brightness").get<float>());
  return image;
}

double ValueOf(const std::string& hex, size_t index) {
  return std::stoi(hex.substr(index * 4, 4), nullptr, 16) / 100.0;
}

TEST(Keras, SameDrawsGiveTheSamePictures) {
  const Json golden = Golden();
  ASSERT_EQ(golden.at("transformed").size(), 48U);
  for (const Json& row : golden.at("transformed")) {
    SCOPED_TRACE(row.at("fill").dump() + row.at("size").dump() + row.at("draw").dump());
    const Image image = Transformed(row);
    const std::string values = row.at("values");
    ASSERT_EQ(values.size(), image.pixels.size() * 4);
    double difference = 0;
    for (size_t i = 0; i < image.pixels.size(); ++i) {
      difference = std::max(difference, std::abs(image.pixels[i] - ValueOf(values, i)));
    }
    EXPECT_LE(difference, 1.0);
  }
}

TEST(Keras, StandardizesAsNormalizeDoes) {
  for (const Json& row : Golden().at("standardized")) {
    SCOPED_TRACE(row.at("options").dump());
    Json options = row.at("options");
    if (!options.contains("rescale")) options["rescale"] = 1;
    const Json entries = Json::array({{{"decode", Json::object()}}, {{"normalize", options}}});
    const Tensor tensor = Chain::FromJson(entries, "test").Apply(Picture({13, 9, 3}));
    const std::vector<double> values = row.at("values");
    for (size_t i = 0; i < values.size(); ++i) {
      const float ours = tensor.As<float>()[i % 3 * 117 + i / 3];
      EXPECT_NEAR(ours, values[i], 1e-5 * std::max(1.0, std::abs(values[i])));
    }
  }
}

}  // namespace
}  // namespace keelrow::transforms
