#include "steps/thumbnail.h"

#include <algorithm>

#include "transforms/resample.h"

namespace keelrow::steps {

data::Image Thumbnail(data::Image image, int side) {
  const int longer = std::max(image.width, image.height);
  if (longer <= side) return image;
  const auto shrunk = [&](int length) { return std::max(1, length * side / longer); };
  return transforms::Resample(image,
                              {.width = shrunk(image.width), .height = shrunk(image.height)});
}

}  // namespace keelrow::steps
