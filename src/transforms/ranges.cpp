#include "transforms/ranges.h"

#include <fmt/format.h>

#include <cmath>

#include "base/error.h"

namespace keelrow::transforms {
namespace {

constexpr int kAttempts = 10;

int Place(int room, Random& random) {
  return static_cast<int>(random.Below(static_cast<uint64_t>(room) + 1));
}

}  // namespace

void CheckRange(const std::string& name, const std::vector<double>& range, double least,
                double greatest) {
  const bool fits =
      range.size() == 2 && least <= range[0] && range[0] <= range[1] && range[1] <= greatest;
  if (fits) return;
  throw Error(Code::kBadValue,
              fmt::format("`{}` takes [lowest, highest], each {} to {}", name, least, greatest));
}

void CheckRanges(const RectangleRanges& ranges) {
  CheckRange("scale", ranges.scale, 0.001, 1);
  CheckRange("ratio", ranges.ratio, 0.01, 100);
}

Rectangle DrawRectangle(const RectangleRanges& ranges, int width, int height, Random& random) {
  const double area = static_cast<double>(width) * height;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const double part = area * random.Uniform(ranges.scale[0], ranges.scale[1]);
    const double ratio =
        std::exp(random.Uniform(std::log(ranges.ratio[0]), std::log(ranges.ratio[1])));
    const double across = std::nearbyint(std::sqrt(part * ratio));
    const double down = std::nearbyint(std::sqrt(part / ratio));
    if (across < 1 || down < 1 || across > width || down > height) continue;
    Rectangle rectangle{.width = static_cast<int>(across), .height = static_cast<int>(down)};
    rectangle.top = Place(height - rectangle.height, random);
    rectangle.left = Place(width - rectangle.width, random);
    return rectangle;
  }
  return {};
}

}  // namespace keelrow::transforms
