#include "labels/geometry.h"

#include <algorithm>
#include <boost/geometry.hpp>
#include <boost/geometry/geometries/point_xy.hpp>
#include <boost/geometry/geometries/polygon.hpp>
#include <cmath>
#include <numeric>

namespace keelrow::labels {
namespace {

namespace bg = boost::geometry;
using Polygon = bg::model::polygon<bg::model::d2::point_xy<double>>;

/// Closed and clockwise, as Boost wants it.
Polygon ToPolygon(std::span<const Point> outline) {
  Polygon polygon;
  for (const Point& point : outline)
    bg::append(polygon.outer(), bg::make<Polygon::point_type>(point.x, point.y));
  bg::correct(polygon);
  return polygon;
}

double BoundsArea(const Bounds& bounds) {
  return (bounds.right - bounds.left) * (bounds.bottom - bounds.top);
}

double SharedBounds(const Bounds& a, const Bounds& b) {
  const double width = std::min(a.right, b.right) - std::max(a.left, b.left);
  const double height = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  return width > 0 && height > 0 ? width * height : 0;
}

double SharedPolygon(const Region& a, const Region& b) {
  if (CrossesItself(a.outline) || CrossesItself(b.outline)) return 0;
  std::vector<Polygon> shared;
  try {
    bg::intersection(ToPolygon(a.outline), ToPolygon(b.outline), shared);
  } catch (const bg::exception&) {  // degenerate beyond what the clipping can order
    return 0;
  }
  double area = 0;
  for (const Polygon& piece : shared) area += std::abs(bg::area(piece));
  return area;
}

}  // namespace

Bounds BoundsOf(std::span<const Point> outline) {
  if (outline.empty()) return {};
  const auto [left, right] = std::ranges::minmax(outline, {}, &Point::x);
  const auto [top, bottom] = std::ranges::minmax(outline, {}, &Point::y);
  return {.left = left.x, .top = top.y, .right = right.x, .bottom = bottom.y};
}

bool Overlap(const Bounds& a, const Bounds& b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

void ForEachOverlap(std::span<const Bounds> bounds,
                    const std::function<void(size_t i, size_t j)>& visit) {
  std::vector<size_t> order(bounds.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](size_t i) { return bounds[i].left; });
  std::vector<size_t> open;  // those that reach the sweep's place
  for (const size_t i : order) {
    std::erase_if(open, [&](size_t j) { return bounds[j].right <= bounds[i].left; });
    for (const size_t j : open) {
      if (Overlap(bounds[i], bounds[j])) visit(std::min(i, j), std::max(i, j));
    }
    open.push_back(i);
  }
}

bool IsUpright(std::span<const Point> outline) {
  return outline.size() == 4 && outline[0].y == outline[1].y && outline[1].x == outline[2].x &&
         outline[2].y == outline[3].y && outline[3].x == outline[0].x;
}

double Area(std::span<const Point> outline) {
  double twice = 0;
  for (size_t i = 0; i < outline.size(); ++i) {
    const Point& a = outline[i];
    const Point& b = outline[(i + 1) % outline.size()];
    twice += a.x * b.y - b.x * a.y;
  }
  return std::abs(twice) / 2;
}

bool CrossesItself(std::span<const Point> outline) {
  if (outline.size() < 4) return false;
  return bg::intersects(ToPolygon(outline));
}

double Iou(const Region& a, const Region& b) {
  const Bounds bounds_a = BoundsOf(a.outline);
  const Bounds bounds_b = BoundsOf(b.outline);
  if (!Overlap(bounds_a, bounds_b)) return 0;
  if (IsUpright(a.outline) && IsUpright(b.outline)) {
    const double shared = SharedBounds(bounds_a, bounds_b);
    return shared / (BoundsArea(bounds_a) + BoundsArea(bounds_b) - shared);
  }
  const double shared = SharedPolygon(a, b);
  const double whole = Area(a.outline) + Area(b.outline) - shared;
  return whole > 0 ? std::clamp(shared / whole, 0.0, 1.0) : 0;
}

}  // namespace keelrow::labels
