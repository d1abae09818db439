#pragma once

#include "data/image.h"
#include "transforms/ranges.h"

namespace keelrow::transforms {

/// The pixels of a rectangle that lies in the picture.
data::Image CropTo(const data::Image& image, const Rectangle& rectangle);

}  // namespace keelrow::transforms
