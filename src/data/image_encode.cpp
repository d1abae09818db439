#include "data/image_encode.h"

#include <png.h>

#include <csetjmp>

#include "base/error.h"

namespace keelrow::data {
namespace {

void Append(png_structp png, png_bytep bytes, size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<char*>(bytes), count);
}

/// Left by longjmp on an error: holds no objects of its own.
bool WriteRows(png_structp png, png_infop info, const Image& image) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_IHDR(png, info, static_cast<png_uint_32>(image.width),
               static_cast<png_uint_32>(image.height), 8,
               image.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (int y = 0; y < image.height; ++y) png_write_row(png, image.Row(y));
  png_write_end(png, info);
  return true;
}

}  // namespace

std::string EncodePng(const Image& image) {
  const bool whole = image.width > 0 && image.height > 0 &&
                     image.pixels.size() == image.RowBytes() * static_cast<size_t>(image.height);
  if (!whole || (image.channels != 1 && image.channels != 3)) {
    throw Error(Code::kInternal, "EncodePng was given a malformed picture");
  }
  std::string bytes;
  bytes.reserve(image.pixels.size() / 2 + 1024);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  if (info == nullptr) throw std::bad_alloc();
  png_set_write_fn(png, &bytes, &Append, nullptr);
  const bool written = WriteRows(png, info, image);
  png_destroy_write_struct(&png, &info);
  if (!written) throw Error(Code::kInternal, "libpng could not write a picture");
  return bytes;
}

}  // namespace keelrow::data
