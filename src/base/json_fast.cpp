#include "base/json_fast.h"

#include <simdjson.h>

#include <bit>

#include "base/packed_numbers.h"

namespace keelrow {
namespace {

namespace dom = simdjson::dom;

/// Up to here a thread keeps its parser, whose buffers have 14 bytes for each of the text.
constexpr size_t kKeptMax = size_t{64} << 10;

/// A double is the number itself: so are whole numbers below 2^53.
std::optional<double> ExactDouble(const dom::element& element) {
  constexpr int64_t kExact = int64_t{1} << 53;
  if (element.type() == dom::element_type::DOUBLE) return element.get_double().value_unsafe();
  if (element.type() != dom::element_type::INT64) return std::nullopt;
  const int64_t number = element.get_int64().value_unsafe();
  if (number <= -kExact || number >= kExact) return std::nullopt;
  return static_cast<double>(number);
}

/// Nothing where one of the list is no such number.
std::optional<Json> Packed(const dom::array& array) {
  std::vector<uint8_t> bytes(array.size() * sizeof(double));
  size_t at = 0;
  for (const dom::element item : array) {
    const std::optional<double> number = ExactDouble(item);
    if (!number || at == bytes.size()) return std::nullopt;
    std::memcpy(bytes.data() + at, &*number, sizeof *number);
    at += sizeof *number;
  }
  return Json::binary(std::move(bytes));
}

/// Recursive: the parser has held the text to its depth, and has just said each type.
class TreeBuilder {
 public:
  explicit TreeBuilder(size_t packed_from) : packed_from_(packed_from) {}

  Json Of(const dom::element& element) const {
    switch (element.type()) {
      case dom::element_type::ARRAY:
        return OfList(element.get_array().value_unsafe());
      case dom::element_type::OBJECT:
        return OfObject(element.get_object().value_unsafe());
      case dom::element_type::INT64: {
        const int64_t number = element.get_int64().value_unsafe();
        return number < 0 ? Json(number) : Json(static_cast<uint64_t>(number));
      }
      case dom::element_type::UINT64:
        return element.get_uint64().value_unsafe();
      case dom::element_type::DOUBLE:
        return element.get_double().value_unsafe();
      case dom::element_type::STRING:
        return element.get_string().value_unsafe();
      case dom::element_type::BOOL:
        return element.get_bool().value_unsafe();
      case dom::element_type::NULL_VALUE:
        return nullptr;
    }
    return nullptr;
  }

 private:
  Json OfList(const dom::array& array) const {
    if (packed_from_ > 0 && array.size() >= packed_from_) {
      if (auto packed = Packed(array)) return *std::move(packed);
    }
    Json list = Json::array();
    auto& items = list.get_ref<Json::array_t&>();
    items.reserve(array.size());
    for (const dom::element item : array) items.push_back(Of(item));
    return list;
  }

  Json OfObject(const dom::object& object) const {
    Json json = Json::object();
    auto& members = json.get_ref<Json::object_t&>();
    for (const auto& [name, value] : object) {
      members.insert_or_assign(std::string(name), Of(value));  // the last of one name counts
    }
    return json;
  }

  size_t packed_from_;
};

std::optional<Json> ParseWith(dom::parser& parser, std::string_view text, size_t depth_max,
                              size_t packed_from) {
  // simdjson takes what is less deep, and one level more where that is empty.
  const size_t bound = depth_max;
  const size_t room = std::bit_ceil(text.size());  // not anew for each length
  if (parser.capacity() < text.size() || parser.max_depth() != bound) {
    if (parser.allocate(room, bound) != simdjson::SUCCESS) return std::nullopt;
  }
  dom::element root;
  if (parser.parse(text.data(), text.size(), true).get(root) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  return TreeBuilder(packed_from).Of(root);
}

}  // namespace

std::optional<Json> ParseJsonFast(std::string_view text, size_t depth_max, size_t packed_from) {
  if (text.size() > kKeptMax) {
    dom::parser parser;
    return ParseWith(parser, text, depth_max, packed_from);
  }
  thread_local dom::parser kept;
  return ParseWith(kept, text, depth_max, packed_from);
}

std::optional<PackedNumbers> PackedNumbers::Of(const Json& value) {
  if (!value.is_binary()) return std::nullopt;
  return PackedNumbers(value.get_binary());
}

Expected<Json> ParseJsonPacked(std::string_view text, std::string_view name, size_t packed_from) {
  const JsonLimits limits;
  if (text.size() <= limits.size_max) {
    if (auto json = ParseJsonFast(text, limits.depth_max, packed_from)) return *std::move(json);
  }
  return ParseJson(text, name, limits);
}

}  // namespace keelrow
