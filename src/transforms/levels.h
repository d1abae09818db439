#pragma once

#include "data/image.h"

namespace keelrow::transforms {

/// Adds to every value, and keeps it between the picture's own least and greatest: Keras'
/// apply_channel_shift.
void ShiftLevels(data::Image& image, int levels);

/// Multiplies every value, rounded down and kept in 0 … 255: Pillow's ImageEnhance.Brightness, bit
/// for bit. The factor is 0 or more.
void ScaleLevels(data::Image& image, float factor);

}  // namespace keelrow::transforms
