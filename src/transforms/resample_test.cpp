#include "transforms/resample.h"

#include <gtest/gtest.h>

#include "base/hash.h"
#include "base/json.h"
#include "base/random.h"
#include "transforms/resample_kernels.h"

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

/// Weights of either sign, few or many, whose sums stay within 32 bits.
std::vector<Taps> DrawnTaps(int size_in, int count, Random& random) {
  std::vector<Taps> taps;
  for (int i = 0; i < count; ++i) {
    const auto wanted = 1 + random.Below(static_cast<uint64_t>(std::min(size_in, 30)));
    Taps tap{.first = static_cast<int>(random.Below(static_cast<uint64_t>(size_in) - wanted + 1))};
    for (uint64_t k = 0; k < wanted; ++k) {
      tap.weights.push_back(static_cast<int32_t>(random.Uniform(-0.7, 1.5) * (1 << kPrecisionBits) /
                                                 static_cast<double>(wanted)));
    }
    taps.push_back(std::move(tap));
  }
  return taps;
}

TEST(Resample, Avx2GivesThePlainKernelsBits) {
  const ResampleKernels* fast = Avx2Kernels();
  if (fast == nullptr) GTEST_SKIP() << "this processor has no AVX2";
  Random random(7, "resample test");
  for (const int channels : {1, 3}) {
    for (const auto& [width, height] : {std::pair{1, 1}, {3, 50}, {50, 3}, {6, 7}, {61, 43}}) {
      const Image image = Picture(width, height, channels);
      for (const int count : {1, 5, 40}) {
        const std::vector<Taps> across = DrawnTaps(width, count, random);
        EXPECT_EQ(fast->rows(image, across), kPlainKernels.rows(image, across));
        const std::vector<Taps> down = DrawnTaps(height, count, random);
        EXPECT_EQ(fast->columns(image, down), kPlainKernels.columns(image, down));
      }
    }
  }
}

TEST(Resample, SameSizeIsTheSamePicture) {
  const Image image = Picture(13, 9, 3);
  EXPECT_EQ(Resample(image, {.width = 13, .height = 9, .filter = Filter::kLanczos}), image);
}

}  // namespace
}  // namespace keelrow::transforms
