#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace keelrow::data {

enum class ColorMode { kGray, kRgb };

constexpr int ChannelsOf(ColorMode mode) {
  return mode == ColorMode::kGray ? 1 : 3;
}

/// A decoded picture: rows from top to bottom, channels interleaved (HWC), 8 bits each; 1 channel
/// is gray, 3 are RGB. `pixels` always holds width * height * channels bytes. Plain data.
struct Image {
  int width = 0;
  int height = 0;
  int channels = 0;
  std::vector<uint8_t> pixels = {};

  static Image Blank(int width, int height, int channels);

  uint8_t* Row(int y) { return pixels.data() + RowBytes() * static_cast<size_t>(y); }
  const uint8_t* Row(int y) const { return pixels.data() + RowBytes() * static_cast<size_t>(y); }
  size_t RowBytes() const { return static_cast<size_t>(width) * static_cast<size_t>(channels); }
  bool operator==(const Image&) const = default;
};

/// To gray by ITU-R 601-2 luma in Pillow's fixed-point form, (19595 R + 38470 G + 7471 B + 2^15)
/// >> 16; to RGB by repetition. The same mode comes back as it is.
Image ConvertTo(ColorMode mode, Image image);

}  // namespace keelrow::data
