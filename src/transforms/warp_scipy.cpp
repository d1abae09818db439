#include <algorithm>
#include <cmath>

#include "transforms/warp.h"

namespace keelrow::transforms {
namespace {

using data::Image;

double Reflected(double at, int size) {
  const int64_t period = 2 * int64_t{size};
  if (at < 0) {
    if (at < -static_cast<double>(period)) {
      at += static_cast<double>(period * static_cast<int64_t>(-at / static_cast<double>(period)));
    }
    if (at < -size) return at + static_cast<double>(period);
    return (at > -1e-15 ? 1e-15 : -at) - 1;
  }
  at -= static_cast<double>(period * static_cast<int64_t>(at / static_cast<double>(period)));
  return at >= size ? static_cast<double>(period) - at - 1 : at;
}

double Wrapped(double at, int size) {
  const double period = size - 1;
  if (at < 0) return at + period * (std::floor(-at / period) + 1);
  return at - period * std::floor(at / period);
}

/// SciPy's map_coordinate: where `at` is looked up, from above -1; -1 stands for the constant.
double Mapped(double at, int size, Border border) {
  if (at >= 0 && at <= size - 1) return at;
  const bool countable = std::abs(at) < 1e15;  // and no NaN
  if (border == Border::kConstant || !countable) return -1;
  if (size == 1) return 0;
  switch (border) {
    case Border::kReflect:
      return Reflected(at, size);
    case Border::kWrap:
      return Wrapped(at, size);
    default:
      return at < 0 ? 0 : size - 1;
  }
}

/// The two neighbours along one axis and their shares.
struct Neighbours {
  int places[2];
  double shares[2];
};

Neighbours NeighboursOf(double at, int size) {
  const double floor = std::floor(at);
  const auto place = [&](double to) { return std::clamp(static_cast<int>(to), 0, size - 1); };
  const double second = at - floor;
  return {{place(floor), place(floor + 1)}, {1 - second, second}};
}

double Sample(const Image& image, const Neighbours& x, const Neighbours& y, int channel) {
  double sum = 0;
  for (int j = 0; j < 2; ++j) {
    const uint8_t* row = image.Row(y.places[j]) + channel;
    for (int i = 0; i < 2; ++i) {
      const double level = row[static_cast<std::ptrdiff_t>(x.places[i]) * image.channels];
      sum += level * y.shares[j] * x.shares[i];
    }
  }
  return sum;
}

}  // namespace

Image WarpAsScipy(const Image& image, const AffineMap& map, const WarpOptions& options) {
  if (map.IsIdentity()) return image;
  Image out = Image::Blank(image.width, image.height, image.channels);
  uint8_t* to = out.pixels.data();
  for (int row = 0; row < image.height; ++row) {
    for (int column = 0; column < image.width; ++column, to += image.channels) {
      const double x = Mapped(map.xy * row + map.xx * column + map.x0, image.width, options.border);
      const double y =
          Mapped(map.yy * row + map.yx * column + map.y0, image.height, options.border);
      const bool constant = x <= -1 || y <= -1;
      const Neighbours beside = NeighboursOf(x, image.width);
      const Neighbours below = NeighboursOf(y, image.height);
      for (int c = 0; c < image.channels; ++c) {
        to[c] = constant
                    ? options.constant
                    : static_cast<uint8_t>(static_cast<float>(Sample(image, beside, below, c)));
      }
    }
  }
  return out;
}

}  // namespace keelrow::transforms
