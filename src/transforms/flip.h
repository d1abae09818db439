#pragma once

#include "data/image.h"

namespace keelrow::transforms {

/// Left and right change places.
void FlipRows(data::Image& image);

/// Top and bottom change places.
void FlipColumns(data::Image& image);

}  // namespace keelrow::transforms
