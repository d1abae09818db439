// A picture is decoded to width * height * channels bytes within the limit, of the size that its
// header said, or refused. What was decoded and encoded again is the same picture.
#include "data/image_decode.h"
#include "data/image_encode.h"
#include "require.h"

namespace keelrow::fuzz {
namespace {

constexpr int64_t kPixelsMax = 1 << 14;

void Check(std::string_view bytes, data::ColorMode mode) {
  const auto header = data::ReadImageHeader(std::as_bytes(std::span(bytes)));
  const auto image = data::DecodeImage(bytes, {.mode = mode, .pixels_max = kPixelsMax});
  if (!image) return;
  Require(header.ok(), "what can be decoded has a header");
  Require(header->width == image->width && header->height == image->height,
          "the header says the picture's size");
  Require(image->channels == data::ChannelsOf(mode), "the picture has the mode asked for");
  Require(int64_t{image->width} * image->height <= kPixelsMax, "the limit holds");
  Require(image->pixels.size() == image->RowBytes() * static_cast<size_t>(image->height),
          "the picture is whole");
  const auto upright =
      data::DecodeImage(bytes, {.mode = mode, .pixels_max = kPixelsMax, .upright = true});
  Require(upright && upright->pixels.size() == image->pixels.size(),
          "what can be decoded can be turned");
  const auto again = data::DecodeImage(data::EncodePng(*image), {.mode = mode});
  Require(again && *again == *image, "PNG keeps every pixel");
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = keelrow::fuzz::Text(data, size);
  for (const auto mode : {keelrow::data::ColorMode::kGray, keelrow::data::ColorMode::kRgb}) {
    keelrow::fuzz::Check(bytes, mode);
  }
  return 0;
}
