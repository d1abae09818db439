#include <cstdio>  // jpeglib.h needs FILE

#include <jpeglib.h>

#include <jerror.h>

#include <csetjmp>
#include <cstring>

#include "data/image_format.h"

namespace keelrow::data {
namespace {

/// Real progressive files have about ten scans; each costs a pass over the whole picture.
constexpr int kScansMax = 100;

/// libjpeg leaves on an error by longjmp, which runs no destructors. So the functions that may be
/// left that way (ReadHead, ReadRows) hold no objects: all state lives here.
class JpegReader {
 public:
  explicit JpegReader(std::span<const std::byte> bytes) : bytes_(bytes) {
    info_.err = jpeg_std_error(&errors_);
    errors_.error_exit = &OnError;
    errors_.emit_message = &OnMessage;
    progress_.progress_monitor = &OnProgress;
    info_.client_data = this;
  }
  ~JpegReader() { jpeg_destroy_decompress(&info_); }
  JpegReader(const JpegReader&) = delete;
  JpegReader& operator=(const JpegReader&) = delete;

  bool ReadHead() {
    if (setjmp(escape_) != 0) return false;
    jpeg_create_decompress(&info_);
    info_.client_data = this;
    info_.progress = &progress_;
    jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(bytes_.data()),
                 static_cast<unsigned long>(bytes_.size()));
    jpeg_read_header(&info_, TRUE);
    ChooseColors();
    return true;
  }

  bool ReadRows(uint8_t* out, size_t row_bytes) {
    if (setjmp(escape_) != 0) return false;
    jpeg_start_decompress(&info_);
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = out + row_bytes * info_.output_scanline;
      jpeg_read_scanlines(&info_, &row, 1);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  ImageHeader Header() const {
    return {"jpeg", static_cast<int>(info_.image_width), static_cast<int>(info_.image_height)};
  }
  /// Components as they will be read: 1 gray, 3 RGB, 4 inverted CMYK.
  int components() const {
    if (info_.out_color_space == JCS_GRAYSCALE) return 1;
    return info_.out_color_space == JCS_CMYK ? 4 : 3;
  }
  Error Failure() const {
    return Error(Code::kCorrupt, fmt::format("the jpeg picture is damaged: {}", message_));
  }

 private:
  void ChooseColors() {
    const bool four = info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK;
    if (info_.jpeg_color_space == JCS_GRAYSCALE) {
      info_.out_color_space = JCS_GRAYSCALE;
    } else {
      info_.out_color_space = four ? JCS_CMYK : JCS_RGB;
    }
  }

  [[noreturn]] void Leave() { longjmp(escape_, 1); }

  [[noreturn]] static void OnError(j_common_ptr info) {
    auto* self = static_cast<JpegReader*>(info->client_data);
    info->err->format_message(info, self->message_);
    self->Leave();
  }

  /// libjpeg would go on with gray pixels where the file ends; to us that is an error.
  static void OnMessage(j_common_ptr info, int level) {
    if (level >= 0 || info->err->msg_code != JWRN_JPEG_EOF) return;
    auto* self = static_cast<JpegReader*>(info->client_data);
    std::strncpy(self->message_, "it ends too early", sizeof self->message_ - 1);
    self->Leave();
  }

  static void OnProgress(j_common_ptr info) {
    auto* self = static_cast<JpegReader*>(info->client_data);
    if (self->info_.input_scan_number <= kScansMax) return;
    std::strncpy(self->message_, "it has too many scans", sizeof self->message_ - 1);
    self->Leave();
  }

  std::span<const std::byte> bytes_;
  jpeg_decompress_struct info_{};
  jpeg_error_mgr errors_{};
  jpeg_progress_mgr progress_{};
  jmp_buf escape_{};
  char message_[JMSG_LENGTH_MAX] = {};
};

uint8_t TimesOver255(unsigned a, unsigned b) {
  const unsigned product = a * b + 128;
  return static_cast<uint8_t>(((product >> 8) + product) >> 8);
}

/// Four-component files are Adobe's, whose inks are stored inverted (255 is none): Pillow inverts
/// them and then takes 255 - k - c(255 - k)/255, rounded as here.
Image FromCmyk(const Image& cmyk) {
  Image rgb = Image::Blank(cmyk.width, cmyk.height, 3);
  const uint8_t* in = cmyk.pixels.data();
  for (size_t i = 0; i < rgb.pixels.size(); i += 3, in += 4) {
    const unsigned white = in[3];  // 255 - k, for k is stored inverted
    for (size_t c = 0; c < 3; ++c) {
      rgb.pixels[i + c] = static_cast<uint8_t>(white - TimesOver255(255U - in[c], white));
    }
  }
  return rgb;
}

bool Sniff(std::span<const std::byte> bytes) {
  return StartsWith(bytes, "\xff\xd8\xff");
}

Expected<ImageHeader> Header(std::span<const std::byte> bytes) {
  JpegReader reader(bytes);
  if (!reader.ReadHead()) return reader.Failure();
  return reader.Header();
}

Expected<Image> Decode(std::span<const std::byte> bytes, const DecodeOptions& options) {
  JpegReader reader(bytes);
  if (!reader.ReadHead()) return reader.Failure();
  const Expected<ImageHeader> header = CheckDimensions(reader.Header(), options);
  if (!header) return header.error();

  Image image = Image::Blank(header->width, header->height, reader.components());
  if (!reader.ReadRows(image.pixels.data(), image.RowBytes())) return reader.Failure();
  return image.channels == 4 ? FromCmyk(image) : std::move(image);
}

}  // namespace

const ImageFormat kJpegFormat{.name = "jpeg", .sniff = Sniff, .header = Header, .decode = Decode};

}  // namespace keelrow::data
