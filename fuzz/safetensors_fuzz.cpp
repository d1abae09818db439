// The tensors of a file hold as many bytes as their shapes say, all of the file's values between
// them. Each input is read twice: as it is, and as a header line before values, its length put
// right.
#include "nets/safetensors.h"

#include <array>
#include <bit>

#include "require.h"
#include "weights.h"

namespace keelrow::fuzz {
namespace {

constexpr size_t kLengthBytes = 8;

std::string Prefix(uint64_t header_size) {
  const auto bytes = std::bit_cast<std::array<char, kLengthBytes>>(header_size);
  return {bytes.data(), bytes.size()};
}

void Check(std::string_view file) {
  const auto parsed = nets::ParseSafetensors(file, "fuzz.safetensors");
  if (!parsed) {
    Require(!parsed.error().message().empty(), "a refusal says why");
    return;
  }
  const size_t values = ValueBytes(parsed->tensors);
  Require(values <= file.size() - kLengthBytes, "no more values than the file has");
  Require(Prefix(file.size() - kLengthBytes - values) == file.substr(0, kLengthBytes),
          "header and values are the whole file");
}

std::string Framed(std::string_view line_and_values) {
  std::string_view values = line_and_values;
  const std::string_view header = TakeUntil(values, '\n');
  return Prefix(header.size()).append(header).append(values);
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes = keelrow::fuzz::Text(data, size);
  keelrow::fuzz::Check(bytes);
  keelrow::fuzz::Check(keelrow::fuzz::Framed(bytes));
  return 0;
}
