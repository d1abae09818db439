#include "data/image.h"

namespace keelrow::data {
namespace {

Image ToGray(const Image& rgb) {
  Image gray = Image::Blank(rgb.width, rgb.height, 1);
  const uint8_t* in = rgb.pixels.data();
  for (uint8_t& out : gray.pixels) {
    out = static_cast<uint8_t>((in[0] * 19595U + in[1] * 38470U + in[2] * 7471U + 0x8000U) >> 16);
    in += 3;
  }
  return gray;
}

Image ToRgb(const Image& gray) {
  Image rgb = Image::Blank(gray.width, gray.height, 3);
  uint8_t* out = rgb.pixels.data();
  for (const uint8_t level : gray.pixels) {
    out[0] = out[1] = out[2] = level;
    out += 3;
  }
  return rgb;
}

}  // namespace

Image Image::Blank(int width, int height, int channels) {
  const size_t count =
      static_cast<size_t>(width) * static_cast<size_t>(height) * static_cast<size_t>(channels);
  return {.width = width,
          .height = height,
          .channels = channels,
          .pixels = std::vector<uint8_t>(count)};
}

Image ConvertTo(ColorMode mode, Image image) {
  if (image.channels == ChannelsOf(mode)) return image;
  return mode == ColorMode::kGray ? ToGray(image) : ToRgb(image);
}

}  // namespace keelrow::data
