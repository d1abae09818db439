#pragma once

#include <array>
#include <cstdint>

#include "data/image.h"

namespace keelrow::data {

/// What stays of a picture when somebody saves it again, scales it or makes it gray: by this its
/// near duplicates are found (near_duplicates.h).
struct Fingerprint {
  static constexpr int kSide = 16;

  /// Perceptual hash: the signs, about their median, of the 63 lowest frequencies but the mean of a
  /// discrete cosine transform of the gray picture shrunk to 32 x 32 (Zauner 2010, "pHash").
  uint64_t hash = 0;
  /// The gray picture shrunk to 16 x 16 by area, rows from top to bottom.
  std::array<uint8_t, size_t{kSide} * kSide> miniature{};

  bool operator==(const Fingerprint&) const = default;
};

/// What is measured of a picture while it is decoded for the quality check. All of its gray version
/// (Pillow's "L"), levels 0 to 255.
struct PictureFacts {
  int width = 0;
  int height = 0;
  double brightness = 0;  // mean
  double dark = 0;        // the level that 5 % of the pixels do not exceed
  double bright = 0;      // the level that 99 % of the pixels do not exceed
  double contrast = 0;    // standard deviation
  double sharpness = 0;   // variance of the Laplacian (0 1 0, 1 -4 1, 0 1 0), borders left out
  Fingerprint fingerprint = {};
};

/// `image` must have pixels. Safe from any thread.
PictureFacts MeasurePicture(const Image& image);

}  // namespace keelrow::data
