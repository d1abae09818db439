#pragma once

#include <cstddef>
#include <span>

#include "data/image.h"

namespace keelrow::data {

/// EXIF's orientation in a PNG, JPEG or WebP file, 1 to 8; 1, upright, where there is none or where
/// the metadata is damaged. Reads nothing but what lies in `bytes`.
int OrientationOf(std::span<const std::byte> bytes);

/// The picture as a viewer shows it: Pillow's ImageOps.exif_transpose. 5 to 8 exchange width and
/// height.
Image Upright(Image image, int orientation);

}  // namespace keelrow::data
