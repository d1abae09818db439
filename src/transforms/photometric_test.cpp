#include "transforms/photometric.h"

#include <gtest/gtest.h>

#include <map>

#include "base/hash.h"
#include "base/json.h"

namespace keelrow::transforms {
namespace {

using data::Image;

/// The pictures that tests/parity/pillow_photometric.py makes.
Image Picture(const std::string& name, int channels) {
  Image image = Image::Blank(61, 47, channels);
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] =
        static_cast<uint8_t>(name == "noise" ? i * i * 31 + i * 7 : 40 + i * 3 / 61 % 150);
  }
  return image;
}

void Apply(const std::string& operation, double x, Image& image) {
  const std::map<std::string, void (*)(Image&, float)> factors = {{"brightness", AdjustBrightness},
                                                                  {"contrast", AdjustContrast},
                                                                  {"saturation", AdjustSaturation},
                                                                  {"sharpness", AdjustSharpness}};
  if (const auto found = factors.find(operation); found != factors.end()) {
    found->second(image, static_cast<float>(x));
  }
  if (operation == "hue") AdjustHue(image, x);
  if (operation == "posterize") Posterize(image, static_cast<int>(x));
  if (operation == "solarize") Solarize(image, x);
  if (operation == "autocontrast") AutoContrast(image);
  if (operation == "equalize") Equalize(image);
}

TEST(Photometric, EqualsPillowBitForBit) {
  const Json golden = ReadJsonFile(KEELROW_SOURCE_DIR "/tests/golden/pillow_photometric.json");
  ASSERT_GT(golden.at("cases").size(), 100U);
  for (const Json& row : golden.at("cases")) {
    SCOPED_TRACE(row.dump());
    Image image = Picture(row.at("picture"), row.at("channels"));
    Apply(row.at("operation"), row.at("x"), image);
    EXPECT_EQ(Sha256Hex(std::as_bytes(std::span(image.pixels))), row.at("sha256"));
  }
}

}  // namespace
}  // namespace keelrow::transforms
