#pragma once

#include "data/image.h"

namespace keelrow::transforms {

// Changes of a picture's values where they are. All but ShiftLevels equal Pillow's ImageEnhance and
// ImageOps bit for bit, and so torchvision's adjust_… of PIL images. Source: Pillow 13.0.0.
// A factor is 0 or more; 1 changes nothing. What concerns colours leaves gray pictures alone.

/// Adds to every value, and keeps it between the picture's own least and greatest: Keras'
/// apply_channel_shift.
void ShiftLevels(data::Image& image, int levels);

/// From black (0) over the picture (1) to a brighter one.
void AdjustBrightness(data::Image& image, float factor);
/// From its mean gray (0) over the picture (1) to stronger contrasts.
void AdjustContrast(data::Image& image, float factor);
/// From a gray picture (0) over the picture (1) to stronger colours: ImageEnhance.Color.
void AdjustSaturation(data::Image& image, float factor);
/// From a smoothed picture (0) over the picture (1) to a sharper one.
void AdjustSharpness(data::Image& image, float factor);
/// Turns all colours by a part of the circle, -0.5 to 0.5: torchvision's adjust_hue.
void AdjustHue(data::Image& image, double turn);

/// Keeps the upper `bits` of each value, 1 to 8.
void Posterize(data::Image& image, int bits);
/// Inverts the values that reach the threshold.
void Solarize(data::Image& image, double threshold);
/// Stretches each channel to 0 … 255.
void AutoContrast(data::Image& image);
/// Gives each channel an even histogram.
void Equalize(data::Image& image);

}  // namespace keelrow::transforms
