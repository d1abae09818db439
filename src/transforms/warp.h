#pragma once

#include <cstdint>

#include "data/image.h"

namespace keelrow::transforms {

/// Where an output pixel's value comes from: x_in = xx * x + xy * y + x0, y_in = yx * x + yy * y
/// + y0, in pixels from the middle of the first one.
struct AffineMap {
  double xx = 1, xy = 0, x0 = 0;
  double yx = 0, yy = 1, y0 = 0;

  /// This map applied to what `inner` gives.
  AffineMap After(const AffineMap& inner) const;
  bool IsIdentity() const;
};

/// What lies outside the picture: `a b c d` goes on as d d d, as a constant, as d c b, or as a b c.
enum class Border { kNearest, kConstant, kReflect, kWrap };

struct WarpOptions {
  Border border = Border::kNearest;
  uint8_t constant = 0;
};

/// A picture of the same size, sampled bilinearly with 8-bit fractions of a pixel.
data::Image Warp(const data::Image& image, const AffineMap& map, const WarpOptions& options);

}  // namespace keelrow::transforms
