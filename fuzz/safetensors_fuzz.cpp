// The tensors of a file hold as many bytes as their shapes say, all of the file's values between
// them. Each input is read twice: as it is, and as a header line before values, its length put
// right.
#include "nets/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include "base/json.h"
#include "require.h"
#include "weights.h"

namespace keelrow::fuzz {
namespace {

constexpr size_t kLengthBytes = 8;

std::string Prefix(uint64_t header_size) {
  const auto bytes = std::bit_cast<std::array<char, kLengthBytes>>(header_size);
  return {bytes.data(), bytes.size()};
}

/// Bytes a value takes in the file. In memory floats take four, whatever they were.
const std::map<std::string, size_t> kValueBytes = {{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2},
                                                   {"I64", 8}, {"I32", 4}, {"U8", 1},  {"BOOL", 1}};

uint64_t HeaderSize(std::string_view file) {
  std::array<char, kLengthBytes> bytes{};
  std::ranges::copy(file.substr(0, kLengthBytes), bytes.begin());
  return std::bit_cast<uint64_t>(bytes);
}

void Check(std::string_view file) {
  const auto parsed = nets::ParseSafetensors(file, "fuzz.safetensors");
  if (!parsed) {
    Require(!parsed.error().message().empty(), "a refusal says why");
    return;
  }
  ValueBytes(parsed->tensors);  // each holds what its shape says
  const Json header = Json::parse(file.substr(kLengthBytes, HeaderSize(file)));
  size_t values = 0;
  for (const auto& [name, tensor] : parsed->tensors) {
    values += static_cast<size_t>(tensor.Count()) * kValueBytes.at(header.at(name).at("dtype"));
  }
  Require(kLengthBytes + HeaderSize(file) + values == file.size(),
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
