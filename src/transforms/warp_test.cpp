#include "transforms/warp.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace keelrow::transforms {
namespace {

using data::Image;

Image Numbered(int width, int height) {
  Image image = Image::Blank(width, height, 1);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i + 1);
  return image;
}

std::vector<int> Row(const Image& image, int y) {
  return {image.Row(y), image.Row(y) + image.width};
}

TEST(Warp, BordersGoOnAsTheyAreNamed) {
  const Image image = Numbered(4, 1);
  const AffineMap left{.x0 = -3};
  EXPECT_EQ(Row(Warp(image, left, {.border = Border::kNearest}), 0),
            (std::vector<int>{1, 1, 1, 1}));
  EXPECT_EQ(Row(Warp(image, left, {.border = Border::kConstant, .constant = 9}), 0),
            (std::vector<int>{9, 9, 9, 1}));
  EXPECT_EQ(Row(Warp(image, left, {.border = Border::kReflect}), 0),
            (std::vector<int>{3, 2, 1, 1}));
  EXPECT_EQ(Row(Warp(image, left, {.border = Border::kWrap}), 0), (std::vector<int>{2, 3, 4, 1}));
}

TEST(Warp, HalfAPixelIsTheMean) {
  Image image = Image::Blank(3, 1, 3);
  image.pixels = {10, 20, 30, 20, 40, 60, 200, 0, 100};
  const Image out = Warp(image, {.x0 = 0.5}, {});
  EXPECT_EQ(out.pixels, (std::vector<uint8_t>{15, 30, 45, 110, 20, 80, 200, 0, 100}));
}

TEST(Warp, QuarterTurnMovesPixelsExactly) {
  const Image image = Numbered(5, 5);
  const AffineMap turn{.xx = 0, .xy = -1, .x0 = 4, .yx = 1, .yy = 0, .y0 = 0};
  const Image out = Warp(image, turn, {.border = Border::kConstant});
  for (int y = 0; y < 5; ++y) {
    for (int x = 0; x < 5; ++x) EXPECT_EQ(out.Row(y)[x], image.Row(x)[4 - y]);
  }
}

TEST(Warp, AgreesWithBilinearInterpolationInDouble) {
  Image image = Image::Blank(40, 30, 1);
  for (int y = 0; y < 30; ++y) {
    for (int x = 0; x < 40; ++x) image.Row(y)[x] = static_cast<uint8_t>(3 * x + 4 * y);
  }
  Random random(7, "warp test");
  for (int round = 0; round < 50; ++round) {
    const AffineMap map{.xx = random.Uniform(0.8, 1.2),
                        .xy = random.Uniform(-0.2, 0.2),
                        .x0 = random.Uniform(-3, 3),
                        .yx = random.Uniform(-0.2, 0.2),
                        .yy = random.Uniform(0.8, 1.2),
                        .y0 = random.Uniform(-3, 3)};
    const Image out = Warp(image, map, {});
    for (int y = 0; y < 30; ++y) {
      for (int x = 0; x < 40; ++x) {
        // The picture is a plane, so interpolation inside it gives the plane.
        const double in_x = std::clamp(map.xx * x + map.xy * y + map.x0, 0.0, 39.0);
        const double in_y = std::clamp(map.yx * x + map.yy * y + map.y0, 0.0, 29.0);
        ASSERT_NEAR(out.Row(y)[x], 3 * in_x + 4 * in_y, 0.6) << "round " << round;
      }
    }
  }
}

/// What Warp should give, without fixed point and without its fast way through the middle.
double Exact(const Image& image, double x, double y, int channel) {
  const auto at = [&](double column, double row) {
    const int i = std::clamp(static_cast<int>(column), 0, image.width - 1);
    const int j = std::clamp(static_cast<int>(row), 0, image.height - 1);
    return static_cast<double>(image.Row(j)[i * image.channels + channel]);
  };
  const double left = std::floor(x);
  const double top = std::floor(y);
  const double above = std::lerp(at(left, top), at(left + 1, top), x - left);
  const double below = std::lerp(at(left, top + 1), at(left + 1, top + 1), x - left);
  return std::lerp(above, below, y - top);
}

TEST(Warp, EveryPixelOfEveryChannelIsTheBlendOfItsNeighbours) {
  for (const int channels : {1, 3}) {
    for (const auto& [width, height] : {std::pair{33, 21}, std::pair{2, 40}, std::pair{1, 1}}) {
      Image image = Image::Blank(width, height, channels);
      Random random(7, "warp pixels");
      for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(random.Below(256));
      for (int round = 0; round < 20; ++round) {
        const AffineMap map{.xx = random.Uniform(-2, 2),
                            .xy = random.Uniform(-2, 2),
                            .x0 = random.Uniform(-9, 30),
                            .yx = random.Uniform(-2, 2),
                            .yy = random.Uniform(-2, 2),
                            .y0 = random.Uniform(-9, 30)};
        const Image out = Warp(image, map, {});
        for (size_t i = 0; i < out.pixels.size(); ++i) {
          const auto pixel = static_cast<int>(i) / channels;
          const int x = pixel % width;
          const int y = pixel / width;
          const double exact =
              Exact(image, map.xx * x + map.xy * y + map.x0, map.yx * x + map.yy * y + map.y0,
                    static_cast<int>(i) % channels);
          ASSERT_NEAR(out.pixels[i], exact, 0.55) << x << "," << y << " of round " << round;
        }
      }
    }
  }
}

TEST(Warp, FarAwayAndDegenerateMapsAreSafe) {
  const Image image = Numbered(6, 4);
  for (const double scale : {0.0, 1e9, -1e300, std::numeric_limits<double>::infinity()}) {
    for (const Border border :
         {Border::kNearest, Border::kConstant, Border::kReflect, Border::kWrap}) {
      const AffineMap map{.xx = scale, .x0 = -scale, .yx = scale, .yy = scale};
      EXPECT_EQ(Warp(image, map, {.border = border}).pixels.size(), image.pixels.size());
      EXPECT_EQ(WarpAsScipy(image, map, {.border = border}).pixels.size(), image.pixels.size());
    }
  }
}

TEST(AffineMap, AfterComposes) {
  const AffineMap a{.xx = 2, .xy = 1, .x0 = 3, .yx = -1, .yy = 4, .y0 = 5};
  const AffineMap b{.xx = 0.5, .xy = 2, .x0 = 1, .yx = 3, .yy = 1, .y0 = -2};
  const AffineMap ab = a.After(b);
  const double x = 7;
  const double y = 11;
  const double bx = b.xx * x + b.xy * y + b.x0;
  const double by = b.yx * x + b.yy * y + b.y0;
  EXPECT_DOUBLE_EQ(ab.xx * x + ab.xy * y + ab.x0, a.xx * bx + a.xy * by + a.x0);
  EXPECT_DOUBLE_EQ(ab.yx * x + ab.yy * y + ab.y0, a.yx * bx + a.yy * by + a.y0);
}

}  // namespace
}  // namespace keelrow::transforms
