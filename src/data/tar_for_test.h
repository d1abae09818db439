#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string>

namespace keelrow::data {

/// Writes archives for tests, well-formed or not.
struct TarPart {
  std::string name;
  std::string content = {};
  char type = '0';
  std::optional<uint64_t> claimed = {};  // a size other than the content's
};

class TarWriter {
 public:
  TarWriter& Add(const TarPart& part) {
    std::string block(512, '\0');
    block.replace(0, part.name.size(), part.name);
    PutOctal(block, 100, "0000644");
    PutOctal(block, 124, Size(part.claimed.value_or(part.content.size())));
    block[156] = part.type;
    block.replace(257, 8, std::string("ustar\0", 6) + "00");
    block.replace(148, 8, 8, ' ');
    unsigned sum = 0;
    for (const unsigned char byte : block) sum += byte;
    block.replace(148, 7, fmt::format("{:06o}", sum) + '\0');
    bytes_ += block + part.content;
    bytes_.resize((bytes_.size() + 511) / 512 * 512);
    return *this;
  }

  std::string Finish() const { return bytes_ + std::string(1024, '\0'); }

 private:
  static void PutOctal(std::string& block, size_t at, const std::string& text) {
    block.replace(at, text.size(), text);
  }

  /// Eleven octal digits, or GNU's binary form for what does not fit.
  static std::string Size(uint64_t size) {
    if (size < uint64_t{1} << 33) return fmt::format("{:011o}", size);
    std::string binary(12, '\0');
    for (size_t i = 0; i < 8; ++i) binary[11 - i] = static_cast<char>(size >> (8 * i));
    binary[0] = '\x80';
    return binary;
  }

  std::string bytes_;
};

}  // namespace keelrow::data
