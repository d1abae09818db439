#include "open_inference/tensor_bytes.h"

#include <fmt/format.h>

#include <cstring>

namespace keelrow::open_inference {
namespace {

[[noreturn]] void Refuse(std::string message) {
  throw Error(Code::kBadExample, std::move(message));
}

/// Each 4 bytes of length, little-endian, and the bytes.
std::vector<std::string> SplitTexts(std::string_view bytes, size_t count) {
  std::vector<std::string> texts;
  while (!bytes.empty()) {
    uint32_t length = 0;
    if (bytes.size() < sizeof(length)) Refuse("a BYTES tensor ends inside a length");
    std::memcpy(&length, bytes.data(), sizeof(length));
    bytes.remove_prefix(sizeof(length));
    if (length > bytes.size()) Refuse("an element of BYTES is longer than its tensor");
    texts.emplace_back(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  if (texts.size() != count) {
    Refuse(fmt::format("the shape has {} elements, but {} were sent", count, texts.size()));
  }
  return texts;
}

}  // namespace

size_t ElementsOf(const std::vector<int64_t>& shape) {
  const std::optional<size_t> count = CountOf(shape);
  if (!count) Refuse("a shape has more elements than there are numbers");
  return *count;
}

void FillFromBinary(NamedTensor& tensor, std::string_view bytes) {
  const size_t count = ElementsOf(tensor.tensor.shape);
  if (tensor.bytes) {
    tensor.texts = SplitTexts(bytes, count);
    return;
  }
  size_t wanted = 0;
  const bool overflow = __builtin_mul_overflow(count, SizeOf(tensor.tensor.dtype), &wanted);
  if (overflow || wanted != bytes.size()) {
    Refuse(fmt::format("`{}` has {} bytes, which its shape and type do not", tensor.name,
                       bytes.size()));
  }
  tensor.tensor.bytes.resize(bytes.size());
  if (!bytes.empty()) std::memcpy(tensor.tensor.bytes.data(), bytes.data(), bytes.size());
}

void AppendBinary(const NamedTensor& tensor, std::string& out) {
  if (!tensor.bytes) {
    out.append(reinterpret_cast<const char*>(tensor.tensor.bytes.data()),
               tensor.tensor.bytes.size());
    return;
  }
  for (const std::string& text : tensor.texts) {
    const auto length = static_cast<uint32_t>(text.size());
    out.append(reinterpret_cast<const char*>(&length), sizeof(length));
    out += text;
  }
}

}  // namespace keelrow::open_inference
