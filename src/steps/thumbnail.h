#pragma once

#include "data/image.h"

namespace keelrow::steps {

/// The picture in a square of `side` pixels, its proportions kept; a smaller one as it is. Photos
/// of their full size would make a page of hundreds of megabytes.
data::Image Thumbnail(data::Image image, int side);

}  // namespace keelrow::steps
