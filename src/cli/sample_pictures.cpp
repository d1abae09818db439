#include "cli/sample_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/files.h"
#include "base/random.h"
#include "data/image_encode.h"

namespace keelrow::cli {
namespace {

constexpr int kSide = 32;       // pixels
constexpr int kPerClass = 120;  // 18 of each class are left for the test

/// Whether a point belongs to the shape; (0, 0) is its middle and 1 its radius.
struct Shape {
  const char* name;
  bool (*covers)(double x, double y);
};

constexpr Shape kShapes[] = {
    {"circle", [](double x, double y) { return x * x + y * y < 1; }},
    {"cross",
     [](double x, double y) {
       return std::max(std::abs(x), std::abs(y)) < 1 && std::min(std::abs(x), std::abs(y)) < 0.3;
     }},
    {"square", [](double x, double y) { return std::max(std::abs(x), std::abs(y)) < 0.9; }},
};

data::Image Draw(const Shape& shape, Random random) {
  const double radius = random.Uniform(7, 11);
  const double left = random.Uniform(radius, kSide - radius);
  const double top = random.Uniform(radius, kSide - radius);
  data::Image image = data::Image::Blank(kSide, kSide, 3);
  for (int y = 0; y < kSide; ++y) {
    for (int x = 0; x < kSide; ++x) {
      const bool inside = shape.covers((x - left) / radius, (y - top) / radius);
      for (int channel = 0; channel < 3; ++channel) {
        image.Row(y)[3 * x + channel] =
            static_cast<uint8_t>((inside ? 150 : 20) + random.Below(90));
      }
    }
  }
  return image;
}

}  // namespace

void WriteSamplePictures(const std::filesystem::path& folder) {
  for (const Shape& shape : kShapes) {
    const fs::path pictures = folder / shape.name;
    MakeFolders(pictures);
    for (int i = 0; i < kPerClass; ++i) {
      const Random random(1, shape.name, {static_cast<uint64_t>(i)});
      WriteFileDurably(pictures / fmt::format("{:03}.png", i),
                       data::EncodePng(Draw(shape, random)));
    }
  }
}

}  // namespace keelrow::cli
