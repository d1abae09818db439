#pragma once

#include <fmt/format.h>

#include <span>
#include <string_view>

#include "data/image_decode.h"

namespace keelrow::data {

/// One row of the table of picture formats (image_decode.cpp); each format is one file.
struct ImageFormat {
  std::string_view name;
  bool (*sniff)(std::span<const std::byte> bytes);
  Expected<ImageHeader> (*header)(std::span<const std::byte> bytes);
  /// Gives 1 channel for gray pictures and 3 for all others. Must call CheckDimensions with what
  /// its own library read, before it allocates.
  Expected<Image> (*decode)(std::span<const std::byte> bytes, const DecodeOptions& options);
};

extern const ImageFormat kPngFormat;
extern const ImageFormat kJpegFormat;
extern const ImageFormat kWebpFormat;

inline Expected<ImageHeader> CheckDimensions(const ImageHeader& header,
                                             const DecodeOptions& options) {
  if (header.width < 1 || header.height < 1) {
    return Error(Code::kCorrupt, fmt::format("the {} picture has no pixels", header.format));
  }
  // Rows and columns are bounded too: each costs a pointer here and weights in a resize.
  const bool too_large = int64_t{header.width} * header.height > options.pixels_max;
  if (too_large || std::max(header.width, header.height) > options.side_max) {
    return Error(
        Code::kLimit,
        fmt::format("the {} picture claims {} x {} pixels; the limit is {} million, and {} a side",
                    header.format, header.width, header.height,
                    static_cast<double>(options.pixels_max) / 1e6, options.side_max),
        {.hint = "make it smaller first; a tiny file that claims this is an attack"});
  }
  return header;
}

/// Nobody but the user knows which frame shows what the label says.
inline Error Animation(std::string_view format) {
  return Error(Code::kUnsupported, fmt::format("the {} picture is an animation", format),
               {.hint = "save the frame that counts as PNG"});
}

inline bool StartsWith(std::span<const std::byte> bytes, std::string_view magic) {
  if (bytes.size() < magic.size()) return false;
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), magic.size());
  return head == magic;
}

}  // namespace keelrow::data
