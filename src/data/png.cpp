#include <png.h>

#include <csetjmp>
#include <cstring>
#include <vector>

#include "data/image_format.h"

namespace keelrow::data {
namespace {

constexpr std::string_view kMagic = "\x89PNG\r\n\x1a\n";
constexpr size_t kHeaderBytes = 8 + 8 + 13;  // magic, chunk length and type, IHDR
/// No chunk that is not pixels needs more; it stops compressed profiles from blowing up.
constexpr png_alloc_size_t kChunkBytesMax = 8 << 20;

uint32_t BigEndian(std::span<const std::byte> bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint32_t>(bytes[at + i]);
  return value;
}

/// Text chunks and colour profiles are of no use here and may be compressed bombs.
constexpr png_byte kIgnoredChunks[] = "iCCP\0zTXt\0iTXt\0tEXt\0eXIf";

/// libpng leaves on an error by longjmp, which runs no destructors. So the functions that may be
/// left that way (ReadHead, ReadRows) hold no objects: all state lives here.
class PngReader {
 public:
  explicit PngReader(std::span<const std::byte> bytes) : rest_(bytes) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, &OnError, &OnWarning);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    if (info_ == nullptr) throw std::bad_alloc();
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  bool ReadHead() {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // our own check follows
    png_set_chunk_malloc_max(png_, kChunkBytesMax);
    png_set_benign_errors(png_, 1);
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, kIgnoredChunks, 5);
    png_set_read_fn(png_, this, &OnRead);
    png_read_info(png_, info_);
    AskForEightBits();
    png_read_update_info(png_, info_);
    return true;
  }

  bool ReadRows(std::vector<uint8_t*>& rows) {
    if (setjmp(png_jmpbuf(png_)) != 0) return false;
    png_read_image(png_, rows.data());
    return true;
  }

  int width() const { return static_cast<int>(png_get_image_width(png_, info_)); }
  int height() const { return static_cast<int>(png_get_image_height(png_, info_)); }
  int channels() const { return png_get_channels(png_, info_); }
  size_t row_bytes() const { return png_get_rowbytes(png_, info_); }
  Error Failure() const {
    return Error(Code::kCorrupt, fmt::format("the png picture is damaged: {}", message_));
  }

 private:
  void AskForEightBits() {
    const int depth = png_get_bit_depth(png_, info_);
    const int color = png_get_color_type(png_, info_);
    if (depth == 16) png_set_strip_16(png_);
    if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png_);
    if (color == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(png_);
    png_set_strip_alpha(png_);
    png_set_interlace_handling(png_);
  }

  static void OnRead(png_structp png, png_bytep out, size_t count) {
    auto* self = static_cast<PngReader*>(png_get_io_ptr(png));
    if (self->rest_.size() < count) png_error(png, "it ends too early");
    std::memcpy(out, self->rest_.data(), count);
    self->rest_ = self->rest_.subspan(count);
  }

  [[noreturn]] static void OnError(png_structp png, png_const_charp message) {
    auto* self = static_cast<PngReader*>(png_get_error_ptr(png));
    std::strncpy(self->message_, message, sizeof self->message_ - 1);
    png_longjmp(png, 1);
  }

  static void OnWarning(png_structp, png_const_charp) {}

  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::span<const std::byte> rest_;
  char message_[128] = {};
};

/// An animation announces itself, and how many frames it has, between the header and the pixels
/// (APNG 1.0, chunk acTL).
bool IsAnimated(std::span<const std::byte> bytes) {
  constexpr size_t kFrame = 12;  // length, type and checksum of a chunk
  for (size_t at = kMagic.size(); at + kFrame <= bytes.size();
       at += kFrame + BigEndian(bytes, at)) {
    const std::span<const std::byte> type = bytes.subspan(at + 4);
    if (StartsWith(type, "IDAT")) return false;
    if (StartsWith(type, "acTL")) return BigEndian(bytes, at + 8) > 1;
  }
  return false;
}

bool Sniff(std::span<const std::byte> bytes) {
  return StartsWith(bytes, kMagic);
}

Expected<ImageHeader> Header(std::span<const std::byte> bytes) {
  if (bytes.size() < kHeaderBytes || std::memcmp(bytes.data() + 12, "IHDR", 4) != 0) {
    return Error(Code::kCorrupt, "the png picture is damaged: it has no header");
  }
  const uint32_t width = BigEndian(bytes, 16);
  const uint32_t height = BigEndian(bytes, 20);
  if (width > PNG_UINT_31_MAX || height > PNG_UINT_31_MAX) {
    return Error(Code::kCorrupt, "the png picture is damaged: its size is out of range");
  }
  if (IsAnimated(bytes)) return Animation("png");
  return ImageHeader{"png", static_cast<int>(width), static_cast<int>(height)};
}

Expected<Image> Decode(std::span<const std::byte> bytes, const DecodeOptions& options) {
  const Expected<ImageHeader> claimed = Header(bytes);
  if (!claimed) return claimed.error();
  if (auto checked = CheckDimensions(*claimed, options); !checked) return checked.error();

  PngReader reader(bytes);
  if (!reader.ReadHead()) return reader.Failure();
  const ImageHeader header{"png", reader.width(), reader.height()};
  if (auto checked = CheckDimensions(header, options); !checked) return checked.error();

  Image image = Image::Blank(header.width, header.height, reader.channels());
  if (reader.row_bytes() != image.RowBytes() || (image.channels != 1 && image.channels != 3)) {
    return Error(Code::kUnsupported, "the png picture has an unknown layout of pixels");
  }
  std::vector<uint8_t*> rows(static_cast<size_t>(image.height));
  for (int y = 0; y < image.height; ++y) rows[static_cast<size_t>(y)] = image.Row(y);
  if (!reader.ReadRows(rows)) return reader.Failure();
  return image;
}

}  // namespace

const ImageFormat kPngFormat{.name = "png", .sniff = Sniff, .header = Header, .decode = Decode};

}  // namespace keelrow::data
