#include <webp/decode.h>

#include "data/image_format.h"

namespace keelrow::data {
namespace {

const uint8_t* Data(std::span<const std::byte> bytes) {
  return reinterpret_cast<const uint8_t*>(bytes.data());
}

bool Sniff(std::span<const std::byte> bytes) {
  return bytes.size() >= 12 && StartsWith(bytes, "RIFF") && StartsWith(bytes.subspan(8), "WEBP");
}

Expected<ImageHeader> Header(std::span<const std::byte> bytes) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(Data(bytes), bytes.size(), &features) != VP8_STATUS_OK) {
    return Error(Code::kCorrupt, "the webp picture is damaged: it has no proper header");
  }
  if (features.has_animation != 0) return Animation("webp");
  return ImageHeader{"webp", features.width, features.height};
}

Expected<Image> Decode(std::span<const std::byte> bytes, const DecodeOptions& options) {
  const Expected<ImageHeader> header = Header(bytes);
  if (!header) return header.error();
  if (auto checked = CheckDimensions(*header, options); !checked) return checked.error();
  Image image = Image::Blank(header->width, header->height, 3);
  if (WebPDecodeRGBInto(Data(bytes), bytes.size(), image.pixels.data(), image.pixels.size(),
                        static_cast<int>(image.RowBytes())) == nullptr) {
    return Error(Code::kCorrupt, "the webp picture is damaged or ends too early");
  }
  return image;
}

}  // namespace

const ImageFormat kWebpFormat{.name = "webp", .sniff = Sniff, .header = Header, .decode = Decode};

}  // namespace keelrow::data
