#include "data/orientation.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "data/image_format.h"

namespace keelrow::data {
namespace {

using Bytes = std::span<const std::byte>;

/// A number of one to four bytes, or nothing where the file ends before.
std::optional<uint32_t> NumberAt(Bytes bytes, size_t at, size_t size, bool big_endian) {
  if (at > bytes.size() || bytes.size() - at < size) return std::nullopt;
  uint32_t value = 0;
  for (size_t i = 0; i < size; ++i) {
    value = value << 8 | static_cast<uint32_t>(bytes[at + (big_endian ? i : size - 1 - i)]);
  }
  return value;
}

Bytes From(Bytes bytes, size_t at) {
  return bytes.subspan(std::min(at, bytes.size()));
}

/// EXIF is a small TIFF file: a byte order, the place of a table, and in it entries of 12 bytes.
int OrientationOfTiff(Bytes tiff) {
  constexpr uint32_t kOrientation = 0x0112;
  const bool big_endian = StartsWith(tiff, "MM");
  if (!big_endian && !StartsWith(tiff, "II")) return 1;
  const auto number = [&](size_t at, size_t size) { return NumberAt(tiff, at, size, big_endian); };
  const size_t table = number(4, 4).value_or(0);
  const size_t count = number(table, 2).value_or(0);
  for (size_t i = 0; i < count; ++i) {
    const size_t entry = table + 2 + i * 12;
    const auto tag = number(entry, 2);
    if (!tag) return 1;
    if (*tag != kOrientation) continue;
    const uint32_t value = number(entry + 8, 2).value_or(1);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

constexpr std::string_view kExifMark{"Exif\0\0", 6};

/// Markers with their lengths, up to where the picture's data begins.
int OrientationOfJpeg(Bytes bytes) {
  constexpr uint32_t kApp1 = 0xffe1;
  constexpr uint32_t kStartOfScan = 0xffda;
  for (size_t at = 2; const auto marker = NumberAt(bytes, at, 2, true);) {
    const auto length = NumberAt(bytes, at + 2, 2, true);
    if (!length || *length < 2 || *marker == kStartOfScan) return 1;
    const Bytes content = From(bytes, at + 4);
    if (*marker == kApp1 && StartsWith(content, kExifMark)) {
      return OrientationOfTiff(From(content, kExifMark.size()));
    }
    at += 2 + *length;
  }
  return 1;
}

int OrientationOfPng(Bytes bytes) {
  for (size_t at = 8; const auto length = NumberAt(bytes, at, 4, true);) {
    if (StartsWith(From(bytes, at + 4), "eXIf")) return OrientationOfTiff(From(bytes, at + 8));
    at += 12 + size_t{*length};
  }
  return 1;
}

int OrientationOfWebp(Bytes bytes) {
  for (size_t at = 12; const auto length = NumberAt(bytes, at + 4, 4, false);) {
    const Bytes content = From(bytes, at + 8);
    if (StartsWith(From(bytes, at), "EXIF")) {
      // Some writers leave JPEG's mark in front.
      return OrientationOfTiff(
          From(content, StartsWith(content, kExifMark) ? kExifMark.size() : 0));
    }
    at += 8 + size_t{*length} + *length % 2;
  }
  return 1;
}

}  // namespace

int OrientationOf(Bytes bytes) {
  if (kJpegFormat.sniff(bytes)) return OrientationOfJpeg(bytes);
  if (kPngFormat.sniff(bytes)) return OrientationOfPng(bytes);
  if (kWebpFormat.sniff(bytes)) return OrientationOfWebp(bytes);
  return 1;
}

Image Upright(Image image, int orientation) {
  if (orientation == 1) return image;
  const bool turned = orientation >= 5;
  const bool mirrored =
      orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool flipped = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  Image out = turned ? Image::Blank(image.height, image.width, image.channels)
                     : Image::Blank(image.width, image.height, image.channels);
  uint8_t* to = out.pixels.data();
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      const int column = turned ? y : x;
      const int row = turned ? x : y;
      const uint8_t* from =
          image.Row(flipped ? image.height - 1 - row : row) +
          std::ptrdiff_t{mirrored ? image.width - 1 - column : column} * image.channels;
      to = std::copy_n(from, image.channels, to);
    }
  }
  return out;
}

}  // namespace keelrow::data
