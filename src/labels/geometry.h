#pragma once

#include <span>

#include "labels/annotation.h"

namespace keelrow::labels {

/// An upright rectangle.
struct Bounds {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
};

Bounds BoundsOf(std::span<const Point> outline);
/// Whether they share more than an edge.
bool Overlap(const Bounds& a, const Bounds& b);

/// Whether the outline is an upright rectangle: its bounds are its area.
bool IsUpright(std::span<const Point> outline);

/// Of a simple polygon, whatever its direction. 0 for fewer than three points.
double Area(std::span<const Point> outline);

/// Whether two of its edges cross or touch: it has no inside to speak of.
bool CrossesItself(std::span<const Point> outline);

/// Intersection over union, 0 to 1; exact for upright boxes, by clipping polygons for others. 0
/// where one has no area or crosses itself.
double Iou(const Region& a, const Region& b);

}  // namespace keelrow::labels
