#pragma once

#include <string>
#include <vector>

#include "base/random.h"

/// Options that are [lowest, highest], and places drawn by area and form.
namespace keelrow::transforms {

/// Throws kBadValue unless `range` is two numbers in order, both from `least` to `greatest`.
void CheckRange(const std::string& name, const std::vector<double>& range, double least,
                double greatest);

struct Rectangle {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;
};

/// [lowest, highest] part of the area, and width / height.
struct RectangleRanges {
  std::vector<double> scale;
  std::vector<double> ratio;
};

/// Throws kBadValue for ranges that nothing can be drawn from.
void CheckRanges(const RectangleRanges& ranges);

/// A rectangle with a part of the area out of `scale` and width / height out of `ratio`
/// (logarithmically even), at an even place; as torchvision's RandomResizedCrop draws it. Empty
/// when ten of them did not fit.
Rectangle DrawRectangle(const RectangleRanges& ranges, int width, int height, Random& random);

}  // namespace keelrow::transforms
