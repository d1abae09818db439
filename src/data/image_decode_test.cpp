#include "data/image_decode.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/json.h"
#include "data/image_encode.h"
#include "data/orientation.h"

namespace keelrow::data {
namespace {

Code CodeOf(std::string_view bytes, const DecodeOptions& options = {}) {
  const Expected<Image> image = DecodeImage(bytes, options);
  return image ? Code::kInternal : image.error().code();
}

/// "" where it is decoded, or fails with another code.
std::string MessageOf(std::string_view bytes, Code code) {
  const Expected<Image> image = DecodeImage(bytes);
  return !image && image.error().code() == code ? image.error().message() : "";
}

std::string Digest(const Image& image) {
  return Sha256Hex(std::as_bytes(std::span(image.pixels)));
}

Image Gradient(int width, int height, int channels) {
  Image image = Image::Blank(width, height, channels);
  for (size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<uint8_t>(i * 7);
  return image;
}

Json Golden() {
  return ReadJsonFile(KEELROW_SOURCE_DIR "/tests/golden/pillow_decode.json").at("cases");
}

std::string GoldenFile(std::string_view name) {
  for (const Json& row : Golden()) {
    if (row.at("name") == name) return DecodeBase64(row.at("file").get<std::string>()).value();
  }
  throw Error(Code::kNotFound, "no such golden picture");
}

/// The same png with another size in its header, and the header's checksum made right (CRC-32).
std::string WithClaimedSize(std::string png, uint32_t edge) {
  for (const size_t at : {size_t{16}, size_t{20}}) {
    for (size_t i = 0; i < 4; ++i) png[at + i] = static_cast<char>(edge >> (24 - 8 * i));
  }
  uint32_t crc = ~0U;
  for (size_t i = 12; i < 29; ++i) {
    crc ^= static_cast<unsigned char>(png[i]);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (0xedb88320U & (0U - (crc & 1)));
  }
  for (size_t i = 0; i < 4; ++i) png[29 + i] = static_cast<char>(~crc >> (24 - 8 * i));
  return png;
}

TEST(DecodeImage, TurnsPicturesAsTheirMetadataSays) {
  const Json golden = ReadJsonFile(KEELROW_SOURCE_DIR "/tests/golden/pillow_decode.json");
  ASSERT_EQ(golden.at("oriented").size(), 10U);
  for (const Json& row : golden.at("oriented")) {
    SCOPED_TRACE(row.at("name"));
    const std::string bytes = DecodeBase64(row.at("file").get<std::string>()).value();
    EXPECT_EQ(Digest(DecodeImage(bytes, {.upright = true}).Value()), row.at("rgb"));
    EXPECT_EQ(DecodeImage(bytes).Value().width, 23) << "as it lies in the file";
  }
}

TEST(DecodeImageAttack, DamagedMetadataLeavesThePictureAsItLies) {
  const Json golden = ReadJsonFile(KEELROW_SOURCE_DIR "/tests/golden/pillow_decode.json");
  for (const Json& row : golden.at("oriented")) {
    const std::string bytes = DecodeBase64(row.at("file").get<std::string>()).value();
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      const std::string part = bytes.substr(0, cut);
      const int orientation = OrientationOf(std::as_bytes(std::span(part)));
      EXPECT_TRUE(orientation >= 1 && orientation <= 8);
    }
    for (size_t at = 0; at < std::min<size_t>(bytes.size(), 120); ++at) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(0xff);
      const int orientation = OrientationOf(std::as_bytes(std::span(changed)));
      EXPECT_TRUE(orientation >= 1 && orientation <= 8);
    }
  }
}

TEST(DecodeImage, EqualsPillowBitForBit) {
  for (const Json& row : Golden()) {
    SCOPED_TRACE(row.at("name"));
    const std::string bytes = DecodeBase64(row.at("file").get<std::string>()).value();
    const Image rgb = DecodeImage(bytes, {.mode = ColorMode::kRgb}).Value();
    EXPECT_EQ(rgb.width, 23);
    EXPECT_EQ(rgb.height, 19);
    EXPECT_EQ(Digest(rgb), row.at("rgb"));
    EXPECT_EQ(Digest(DecodeImage(bytes, {.mode = ColorMode::kGray}).Value()), row.at("gray"));
  }
}

TEST(DecodeImage, ReadsWhatEncodePngWrote) {
  const Image rgb = Gradient(31, 17, 3);
  EXPECT_EQ(DecodeImage(EncodePng(rgb)).Value(), rgb);
  const Image gray = Gradient(28, 28, 1);
  EXPECT_EQ(DecodeImage(EncodePng(gray), {.mode = ColorMode::kGray}).Value(), gray);
}

TEST(DecodeImage, TakesTheHighByteOfSixteenBitGray) {
  // 2 x 1 pixels, 0x12ff and 0xfe01, written by Python's zlib and struct.
  const std::string png =
      DecodeBase64(
          "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABEAAAAACB2fwVAAAADUlEQVR4nGMQ+v+PEQAFRwIRrIdynwAA"
          "AABJRU5ErkJggg==")
          .value();
  const Image gray = DecodeImage(png, {.mode = ColorMode::kGray}).Value();
  EXPECT_EQ(gray.pixels, (std::vector<uint8_t>{0x12, 0xfe}));
}

TEST(DecodeImageAttack, TextFileNamedPng) {
  const Expected<Image> image = DecodeImage("hello, I am \"text\"\n");
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code(), Code::kBadExample);
  EXPECT_EQ(image.error().message(), "not a picture: it starts with \"hello, I am \\x22tex\"");
}

TEST(DecodeImageAttack, EmptyFile) {
  EXPECT_EQ(MessageOf("", Code::kBadExample), "not a picture: the file is empty");
}

TEST(DecodeImageAttack, BombClaimsFiftyThousandSquare) {
  const char* rest = "claims 50000 x 50000 pixels; the limit is 64 million, and 65535 a side";
  EXPECT_EQ(MessageOf(WithClaimedSize(EncodePng(Gradient(8, 8, 1)), 50'000), Code::kLimit),
            std::string("the png picture ") + rest);
  std::string jpeg = GoldenFile("jpeg_420");
  const size_t frame = jpeg.find("\xff\xc0");  // then length and bits, then height and width
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\xc3\x50\xc3\x50");
  EXPECT_EQ(MessageOf(jpeg, Code::kLimit), std::string("the jpeg picture ") + rest);
}

/// A canvas may claim 2^24 pixels a side, but a still picture's is that of its only frame.
TEST(DecodeImageAttack, WebpBombs) {
  const std::string canvas("RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x4f\xc3\0\x4f\xc3\0", 30);
  std::string mismatched = canvas + GoldenFile("webp_lossy").substr(12);
  mismatched[4] = static_cast<char>(mismatched.size() - 8);
  mismatched[5] = static_cast<char>((mismatched.size() - 8) >> 8);
  EXPECT_EQ(MessageOf(mismatched, Code::kCorrupt),
            "the webp picture is damaged: it has no proper header");
  std::string frame = GoldenFile("webp_lossy");
  frame.replace(frame.find("\x9d\x01\x2a") + 3, 4, "\xff\x3f\xff\x3f");
  EXPECT_EQ(MessageOf(frame, Code::kLimit),
            "the webp picture claims 16383 x 16383 pixels; the limit is 64 million, and 65535 a "
            "side");
}

/// Two frames of 4 x 4 pixels by Pillow 13: red.save(file, save_all=True, append_images=[blue]).
TEST(DecodeImageAttack, AnimationsAreRefused) {
  EXPECT_EQ(MessageOf(DecodeBase64("iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAACGFjVEwAAAACAA"
                                   "AAAPONk3AAAAAaZmNUTAAAAAAAAAAEAAAABAAAAAAAAAAAAAAAAQAAZkfFsAAA"
                                   "ABBJREFUeJxj/M+AAEwMRHEAM9EBBzqEPrgAAAAaZmNUTAAAAAEAAAAEAAAABA"
                                   "AAAAAAAAAAAAAAAQAA/TQvZAAAABhmZEFUAAAAAnicY2Rg+M8AA0wMSAA3BwAx"
                                   "0wEHhrHizAAAAABJRU5ErkJggg==")
                          .value(),
                      Code::kUnsupported),
            "the png picture is an animation");
  EXPECT_EQ(MessageOf(DecodeBase64("UklGRsQAAABXRUJQVlA4WAoAAAACAAAAAwAAAwAAQU5JTQYAAAAAAAAAAABBTk"
                                   "1GSgAAAAAAAAAAAAMAAAMAAAAAAAJWUDggMgAAADABAJ0BKgQABAABQCYloAAD"
                                   "cAD+8ut///mwP/bz/wR6Af//0uD//pcH//S4P/SkAAAAQU5NRkYAAAAAAAAAAA"
                                   "ADAAADAAAAAAAAVlA4IC4AAAA0AQCdASoEAAQAAAAmJaAAA3AA/vtV4///S4P/"
                                   "+lwf/9Lg/9Lg//rV5Vesq6AA")
                          .value(),
                      Code::kUnsupported),
            "the webp picture is an animation");
  EXPECT_EQ(MessageOf(DecodeBase64("R0lGODdhBAAEAIEAAP8AAAAAAAAAAAAAACwAAAAABAAEAAAICQABCBxIsCCAgA"
                                   "Ah+QQBAAABACwAAAAABAAEAIEAAP8AAAAAAAAAAAAICQABCBxIsCCAgAA7")
                          .value(),
                      Code::kUnsupported),
            "the picture is a GIF, which is not read");
}

TEST(DecodeImageAttack, SizeThatOverflows) {
  const std::string bomb = WithClaimedSize(EncodePng(Gradient(8, 8, 1)), 0xffffffff);
  EXPECT_EQ(CodeOf(bomb), Code::kCorrupt);
  EXPECT_EQ(CodeOf(WithClaimedSize(EncodePng(Gradient(8, 8, 1)), 0x7fffffff)), Code::kLimit);
  EXPECT_EQ(CodeOf(WithClaimedSize(EncodePng(Gradient(8, 8, 1)), 0)), Code::kCorrupt);
}

TEST(DecodeImageAttack, LimitHoldsForEveryFormat) {
  for (const Json& row : Golden()) {
    const std::string bytes = DecodeBase64(row.at("file").get<std::string>()).value();
    EXPECT_EQ(CodeOf(bytes, {.pixels_max = 19 * 23 - 1}), Code::kLimit) << row.at("name");
  }
}

TEST(DecodeImageAttack, EveryTruncationIsAnError) {
  for (const char* name : {"png_rgb", "jpeg_420", "jpeg_420_progressive", "jpeg_gray",
                           "webp_lossless", "webp_lossy"}) {
    const std::string whole = GoldenFile(name);
    // PNG's and WebP's pixels end before the file does: cut within them.
    const size_t longest = whole.size() - (whole.starts_with("\xff\xd8") ? 1 : 24);
    for (size_t size = 0; size <= longest; ++size) {
      const Code code = CodeOf(std::string_view(whole).substr(0, size));
      EXPECT_TRUE(code == Code::kCorrupt || code == Code::kBadExample)
          << name << " cut to " << size << " of " << whole.size();
    }
  }
}

TEST(DecodeImageAttack, TruncatedJpegSaysSo) {
  const std::string whole = GoldenFile("jpeg_420");
  const Expected<Image> image = DecodeImage(std::string_view(whole).substr(0, whole.size() / 2));
  ASSERT_FALSE(image);
  EXPECT_EQ(image.error().code(), Code::kCorrupt);
  EXPECT_EQ(image.error().message(), "the jpeg picture is damaged: it ends too early");
}

TEST(DecodeImageAttack, ChangedBytesNeverCrash) {
  for (const Json& row : Golden()) {
    const std::string whole = DecodeBase64(row.at("file").get<std::string>()).value();
    for (size_t at = 0; at < whole.size(); ++at) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ 0x5a);
      const Expected<Image> image = DecodeImage(changed, {.pixels_max = 1 << 20});
      if (!image) continue;
      EXPECT_EQ(image->pixels.size(), image->RowBytes() * static_cast<size_t>(image->height));
    }
  }
}

TEST(ReadImageHeader, TellsFormatAndSizeWithoutPixels) {
  const std::string jpeg = GoldenFile("jpeg_gray");
  const ImageHeader header = ReadImageHeader(std::as_bytes(std::span(jpeg))).Value();
  EXPECT_EQ(header.format, "jpeg");
  EXPECT_EQ(header.width, 23);
  EXPECT_EQ(header.height, 19);
}

TEST(EncodePng, RefusesMalformedPictures) {
  Image image = Gradient(4, 4, 1);
  image.pixels.pop_back();
  EXPECT_THROW(EncodePng(image), Error);
}

}  // namespace
}  // namespace keelrow::data
