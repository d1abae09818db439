#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/expected.h"
#include "data/image.h"

namespace keelrow::data {

/// Pictures from strangers. The format is told by the first bytes, never by the name; the size
/// is read from the header and checked before anything of that size is allocated.
///
/// Pixels equal those of Pillow's `Image.open(f).convert("RGB" or "L")`: alpha is dropped, a
/// palette looked up, EXIF orientation ignored unless asked for. One exception: of 16-bit gray the
/// high byte is taken, where Pillow clips everything above 255 to white.
struct DecodeOptions {
  ColorMode mode = ColorMode::kRgb;
  int64_t pixels_max = 64'000'000;  // width * height; a 64-megapixel camera
  int side_max = 65'535;            // width and height each, as in JPEG
  bool upright = false;             // turned as EXIF says
};

/// kBadExample: not a picture that we read. kCorrupt: damaged or cut off. kLimit: too large.
/// kUnsupported: a variety that is not read (animated WebP). Messages do not name the file:
/// the caller, who knows it, wraps them. Safe from any thread.
Expected<Image> DecodeImage(std::span<const std::byte> bytes, const DecodeOptions& options = {});
Expected<Image> DecodeImage(std::string_view bytes, const DecodeOptions& options = {});

struct ImageHeader {
  std::string_view format;  // "png", "jpeg", "webp"
  int width = 0;
  int height = 0;
};

/// What the picture says about itself; reads no pixels and has no size limit.
Expected<ImageHeader> ReadImageHeader(std::span<const std::byte> bytes);

}  // namespace keelrow::data
