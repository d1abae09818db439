#pragma once

#include <string_view>

#include "data/image.h"

namespace keelrow::transforms {

/// Pillow's Image.resize on 8-bit pictures, bit for bit: the same filters, widened when the
/// picture shrinks (antialiasing), the same 22-bit fixed-point arithmetic, the first pass rounded
/// to 8 bits before the second. Source: Pillow 13.0.0, src/libImaging/Resample.c. Older ones differ
/// by a rounding where the height loses more than twice as many pixels as the width.
enum class Filter { kNearest, kBox, kBilinear, kHamming, kBicubic, kLanczos };

struct ResampleOptions {
  int width = 0;
  int height = 0;
  Filter filter = Filter::kBilinear;
};

/// `image` must have pixels; width and height must be at least 1.
data::Image Resample(const data::Image& image, const ResampleOptions& options);

}  // namespace keelrow::transforms
