#pragma once

#include <functional>
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
/// Every pair that overlaps, as indices i < j, by a sweep from left to right.
void ForEachOverlap(std::span<const Bounds> bounds,
                    const std::function<void(size_t i, size_t j)>& visit);

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
