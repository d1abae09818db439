#include "transforms/warp.h"

#include <algorithm>
#include <cmath>

namespace keelrow::transforms {
namespace {

using data::Image;

/// Coordinates have 16 fractional bits: walking a row of 8192 pixels adds up to at most 1/16 of a
/// pixel of error, and the upper 8 of them weigh the neighbours.
constexpr int kFraction = 16;
/// Farther away no border differs from one within reach; it keeps the arithmetic far from overflow.
constexpr double kFarthest = 1e8;

int64_t Fixed(double value) {
  return std::llround(std::clamp(value, -kFarthest, kFarthest) * (1 << kFraction));
}

/// The place inside 0 … size-1 that stands for `at`, or -1 for the constant.
int64_t Inside(int64_t at, int64_t size, Border border) {
  if (at >= 0 && at < size) return at;
  switch (border) {
    case Border::kConstant:
      return -1;
    case Border::kNearest:
      return at < 0 ? 0 : size - 1;
    case Border::kWrap:
      return (at % size + size) % size;
    case Border::kReflect:
      break;
  }
  const int64_t period = 2 * size;
  const int64_t phase = (at % period + period) % period;
  return phase < size ? phase : period - 1 - phase;
}

struct Corners {
  const uint8_t* pixels[4];  // top left, top right, bottom left, bottom right
};

template <int kChannels>
void Blend(const Corners& corners, uint32_t fx, uint32_t fy, uint8_t* out) {
  for (int c = 0; c < kChannels; ++c) {
    const uint32_t top = corners.pixels[0][c] * (256 - fx) + corners.pixels[1][c] * fx;
    const uint32_t bottom = corners.pixels[2][c] * (256 - fx) + corners.pixels[3][c] * fx;
    out[c] = static_cast<uint8_t>((top * (256 - fy) + bottom * fy + 0x8000) >> 16);
  }
}

template <int kChannels>
class Warper {
 public:
  Warper(const Image& image, const WarpOptions& options) : image_(image), border_(options.border) {
    std::fill_n(constant_, kChannels, options.constant);
  }

  void Row(const AffineMap& map, int y, uint8_t* out) const {
    int64_t x_in = Fixed(map.xy * y + map.x0);
    int64_t y_in = Fixed(map.yy * y + map.y0);
    const int64_t x_step = Fixed(map.xx);
    const int64_t y_step = Fixed(map.yx);
    for (int x = 0; x < image_.width; ++x, x_in += x_step, y_in += y_step, out += kChannels) {
      const int64_t left = x_in >> kFraction;
      const int64_t top = y_in >> kFraction;
      const auto fx = static_cast<uint32_t>(x_in >> (kFraction - 8) & 255);
      const auto fy = static_cast<uint32_t>(y_in >> (kFraction - 8) & 255);
      const bool within =
          left >= 0 && top >= 0 && left + 1 < image_.width && top + 1 < image_.height;
      Blend<kChannels>(within ? Near(left, top) : Beyond(left, top), fx, fy, out);
    }
  }

 private:
  Corners Near(int64_t left, int64_t top) const {
    const uint8_t* pixel = image_.Row(static_cast<int>(top)) + left * kChannels;
    const uint8_t* below = pixel + image_.RowBytes();
    return {{pixel, pixel + kChannels, below, below + kChannels}};
  }

  Corners Beyond(int64_t left, int64_t top) const {
    return {{At(left, top), At(left + 1, top), At(left, top + 1), At(left + 1, top + 1)}};
  }

  const uint8_t* At(int64_t x, int64_t y) const {
    const int64_t column = Inside(x, image_.width, border_);
    const int64_t row = Inside(y, image_.height, border_);
    if (column < 0 || row < 0) return constant_;
    return image_.Row(static_cast<int>(row)) + column * kChannels;
  }

  const Image& image_;
  Border border_;
  uint8_t constant_[kChannels];
};

template <int kChannels>
Image WarpAll(const Image& image, const AffineMap& map, const WarpOptions& options) {
  Image out = Image::Blank(image.width, image.height, kChannels);
  const Warper<kChannels> warper(image, options);
  for (int y = 0; y < image.height; ++y) warper.Row(map, y, out.Row(y));
  return out;
}

}  // namespace

AffineMap AffineMap::After(const AffineMap& inner) const {
  return {.xx = xx * inner.xx + xy * inner.yx,
          .xy = xx * inner.xy + xy * inner.yy,
          .x0 = xx * inner.x0 + xy * inner.y0 + x0,
          .yx = yx * inner.xx + yy * inner.yx,
          .yy = yx * inner.xy + yy * inner.yy,
          .y0 = yx * inner.x0 + yy * inner.y0 + y0};
}

bool AffineMap::IsIdentity() const {
  return xx == 1 && xy == 0 && x0 == 0 && yx == 0 && yy == 1 && y0 == 0;
}

Image Warp(const Image& image, const AffineMap& map, const WarpOptions& options) {
  if (map.IsIdentity()) return image;
  return image.channels == 1 ? WarpAll<1>(image, map, options) : WarpAll<3>(image, map, options);
}

}  // namespace keelrow::transforms
