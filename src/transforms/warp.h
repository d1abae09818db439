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

/// A picture of the same size, sampled bilinearly and rounded: within 0.55 of exact arithmetic, and
/// the same on every machine, for all of it is done in whole numbers.
data::Image Warp(const data::Image& image, const AffineMap& map, const WarpOptions& options);

/// scipy.ndimage.affine_transform with order 1 on float32, rounded down to 8 bits. It differs from
/// Warp in what lies outside: for kConstant nothing is mixed with the picture's edge, and kWrap
/// lays the last pixel on the first. In doubles, in SciPy's order: some ten times slower.
/// Source: SciPy 1.17.1, scipy/ndimage/src/ni_interpolation.c.
data::Image WarpAsScipy(const data::Image& image, const AffineMap& map, const WarpOptions& options);

}  // namespace keelrow::transforms
