#include "transforms/resample.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "base/json.h"

namespace keelrow::transforms {
namespace {

using data::Image;

/// The picture that tests/parity/pillow_resize.py makes.
Image Picture(int width, int height, int channels) {
  Image image = Image::Blank(width, height, channels);
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<uint8_t>(i * i * 31 + i * 7);
  }
  return image;
}

Filter FilterOf(const std::string& name) {
  const std::string names[] = {"nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"};
  return static_cast<Filter>(std::ranges::find(names, name) - names);
}

TEST(Resample, EqualsPillowBitForBit) {
  const Json golden = ReadJsonFile(KEELROW_SOURCE_DIR "/tests/golden/pillow_resize.json");
  ASSERT_GT(golden.at("cases").size(), 100U);
  for (const Json& row : golden.at("cases")) {
    SCOPED_TRACE(row.dump().substr(0, 120));
    const Image image = Picture(row.at("from")[0], row.at("from")[1], row.at("channels"));
    const Image out = Resample(image, {.width = row.at("to")[0],
                                       .height = row.at("to")[1],
                                       .filter = FilterOf(row.at("filter"))});
    EXPECT_EQ(Sha256Hex(std::as_bytes(std::span(out.pixels))), row.at("sha256"));
    if (!row.contains("bytes")) continue;
    const std::string_view bytes(reinterpret_cast<const char*>(out.pixels.data()),
                                 out.pixels.size());
    EXPECT_EQ(ToHex(bytes), row.at("bytes"));
  }
}

TEST(Resample, SameSizeIsTheSamePicture) {
  const Image image = Picture(13, 9, 3);
  EXPECT_EQ(Resample(image, {.width = 13, .height = 9, .filter = Filter::kLanczos}), image);
}

}  // namespace
}  // namespace keelrow::transforms
