#include "data/image_decode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <new>
#include <string>

#include "data/image_format.h"
#include "data/orientation.h"

namespace keelrow::data {
namespace {

constexpr std::array kFormats = {&kPngFormat, &kJpegFormat, &kWebpFormat};

/// The first bytes as a message can show them.
std::string Beginning(std::span<const std::byte> bytes) {
  std::string text;
  for (const std::byte byte : bytes.first(std::min<size_t>(bytes.size(), 16))) {
    const auto c = static_cast<unsigned char>(byte);
    const bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
    text += plain ? std::string(1, static_cast<char>(c)) : fmt::format("\\x{:02x}", c);
  }
  return text;
}

Expected<const ImageFormat*> FormatOf(std::span<const std::byte> bytes) {
  for (const ImageFormat* format : kFormats) {
    if (format->sniff(bytes)) return format;
  }
  if (bytes.empty()) return Error(Code::kBadExample, "not a picture: the file is empty");
  if (StartsWith(bytes, "GIF8")) {
    return Error(Code::kUnsupported, "the picture is a GIF, which is not read",
                 {.hint = "save the frame that counts as PNG"});
  }
  return Error(Code::kBadExample,
               fmt::format("not a picture: it starts with \"{}\"", Beginning(bytes)),
               {.hint = "PNG, JPEG and WebP are read; the file's name does not matter"});
}

}  // namespace

Expected<Image> DecodeImage(std::span<const std::byte> bytes, const DecodeOptions& options) {
  const Expected<const ImageFormat*> format = FormatOf(bytes);
  if (!format) return format.error();
  try {
    Expected<Image> image = (*format)->decode(bytes, options);
    if (!image) return image;
    Image converted = ConvertTo(options.mode, std::move(*image));
    return options.upright ? Upright(std::move(converted), OrientationOf(bytes)) : converted;
  } catch (const std::bad_alloc&) {
    return Error(Code::kLimit, "there is no memory left for the picture");
  }
}

Expected<Image> DecodeImage(std::string_view bytes, const DecodeOptions& options) {
  return DecodeImage(std::as_bytes(std::span(bytes)), options);
}

Expected<ImageHeader> ReadImageHeader(std::span<const std::byte> bytes) {
  const Expected<const ImageFormat*> format = FormatOf(bytes);
  if (!format) return format.error();
  return (*format)->header(bytes);
}

}  // namespace keelrow::data
