#include "labels/geometry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace keelrow::labels {
namespace {

Region Box(double x, double y, double width, double height, double rotation = 0) {
  return {.label = "a", .outline = BoxOutline({x, y}, width, height, rotation)};
}

TEST(Geometry, IouOfUprightBoxes) {
  EXPECT_DOUBLE_EQ(Iou(Box(0, 0, 10, 10), Box(0, 0, 10, 10)), 1);
  EXPECT_DOUBLE_EQ(Iou(Box(0, 0, 10, 10), Box(5, 0, 10, 10)), 50.0 / 150);
  EXPECT_DOUBLE_EQ(Iou(Box(0, 0, 10, 10), Box(10, 0, 10, 10)), 0);  // only an edge
  EXPECT_DOUBLE_EQ(Iou(Box(0, 0, 10, 10), Box(2, 2, 4, 4)), 0.16);
}

TEST(Geometry, RotationIsClockwiseAboutTheTopLeft) {
  const auto outline = BoxOutline({10, 20}, 4, 2, 90);
  EXPECT_NEAR(outline[1].x, 10, 1e-12);
  EXPECT_NEAR(outline[1].y, 24, 1e-12);
  EXPECT_NEAR(outline[3].x, 8, 1e-12);
  EXPECT_NEAR(outline[3].y, 20, 1e-12);
  EXPECT_NEAR(Area(outline), 8, 1e-12);
}

TEST(Geometry, IouOfRotatedBoxesIsThatOfTheirPolygons) {
  // A square and the same turned by 45° about its middle share a regular octagon.
  const double half = 1 / std::sqrt(2.0);
  const Region square = Box(-0.5, -0.5, 1, 1);
  const Region turned = Box(0, -half, 1, 1, 45);
  const double octagon = 2 * (std::sqrt(2.0) - 1);
  EXPECT_NEAR(Iou(square, turned), octagon / (2 - octagon), 1e-9);
  EXPECT_NEAR(Iou(turned, square), Iou(square, turned), 1e-12);
}

TEST(Geometry, PolygonsMayBeConcaveAndRunEitherWay) {
  const Region corner = {.box = false, .outline = {{0, 0}, {2, 0}, {2, 1}, {1, 1}, {1, 2}, {0, 2}}};
  Region reversed = corner;
  std::ranges::reverse(reversed.outline);
  EXPECT_NEAR(Iou(corner, Box(0, 0, 2, 2)), 0.75, 1e-9);
  EXPECT_NEAR(Iou(reversed, Box(0, 0, 2, 2)), 0.75, 1e-9);
  EXPECT_DOUBLE_EQ(Iou(corner, Box(1, 1, 1, 1)), 0);
}

TEST(Geometry, AnOutlineThatCrossesItselfHasNoOverlap) {
  const std::vector<Point> bow = {{0, 0}, {2, 2}, {2, 0}, {0, 2}};
  EXPECT_TRUE(CrossesItself(bow));
  EXPECT_FALSE(CrossesItself(BoxOutline({0, 0}, 2, 2, 30)));
  EXPECT_DOUBLE_EQ(Iou({.box = false, .outline = bow}, Box(0, 0, 2, 2)), 0);
}

TEST(Geometry, DegenerateOutlinesHaveNoOverlap) {
  EXPECT_DOUBLE_EQ(Iou(Box(0, 0, 0, 5), Box(0, 0, 5, 5)), 0);
  EXPECT_DOUBLE_EQ(Iou({.outline = {{1, 1}}}, Box(0, 0, 5, 5)), 0);
  EXPECT_DOUBLE_EQ(Iou({}, {}), 0);
}

}  // namespace
}  // namespace keelrow::labels
