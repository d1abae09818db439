#include "transforms/levels.h"

#include <algorithm>
#include <array>

namespace keelrow::transforms {

using data::Image;

void ShiftLevels(Image& image, int levels) {
  if (image.pixels.empty()) return;
  const auto [least, greatest] = std::ranges::minmax(image.pixels);
  for (uint8_t& value : image.pixels) {
    value = static_cast<uint8_t>(std::clamp<int>(value + levels, least, greatest));
  }
}

void ScaleLevels(Image& image, float factor) {
  std::array<uint8_t, 256> table{};
  for (size_t level = 0; level < table.size(); ++level) {
    table[level] = static_cast<uint8_t>(std::min(factor * static_cast<float>(level), 255.0F));
  }
  for (uint8_t& value : image.pixels) value = table[value];
}

}  // namespace keelrow::transforms
