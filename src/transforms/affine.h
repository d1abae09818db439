#pragma once

#include "transforms/warp.h"

namespace keelrow::transforms {

/// What `affine` draws for one picture.
struct AffineDraw {
  double rotation = 0;      // degrees, counter-clockwise
  double width_shift = 0;   // pixels
  double height_shift = 0;  // pixels
  double shear = 0;         // degrees
  double x_zoom = 1;        // above 1 shows more of the picture, smaller
  double y_zoom = 1;
};

struct PictureSize {
  int width;
  int height;
};

/// Rotation, shift, shear and zoom about the middle, multiplied in the order of Keras's
/// ImageDataGenerator. It is meant for WarpAsScipy where `keras_compat` repeats Keras' two slips:
/// width_shift moves rows and height_shift columns, and of a picture that is not square the middle
/// is looked for with width and height exchanged.
AffineMap MapOf(const AffineDraw& draw, PictureSize size, bool keras_compat);

}  // namespace keelrow::transforms
