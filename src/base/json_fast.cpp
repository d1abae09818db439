#include "base/json_fast.h"

#include <simdjson.h>

#include <bit>

namespace keelrow {
namespace {

namespace dom = simdjson::dom;

/// Up to here a thread keeps its parser, whose buffers have 14 bytes for each of the text.
constexpr size_t kKeptMax = size_t{64} << 10;

Json TreeOf(const dom::element& element);

Json ListOf(const dom::array& array) {
  Json list = Json::array();
  auto& items = list.get_ref<Json::array_t&>();
  items.reserve(array.size());
  for (const dom::element item : array) items.push_back(TreeOf(item));
  return list;
}

Json ObjectOf(const dom::object& object) {
  Json json = Json::object();
  auto& members = json.get_ref<Json::object_t&>();
  for (const auto& [name, value] : object) {
    members.insert_or_assign(std::string(name), TreeOf(value));  // the last of one name counts
  }
  return json;
}

/// Recursive: the parser has held the text to its depth. The types are what it has just said.
Json TreeOf(const dom::element& element) {
  switch (element.type()) {
    case dom::element_type::ARRAY:
      return ListOf(element.get_array().value_unsafe());
    case dom::element_type::OBJECT:
      return ObjectOf(element.get_object().value_unsafe());
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

std::optional<Json> ParseWith(dom::parser& parser, std::string_view text, size_t depth_max) {
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
  return TreeOf(root);
}

}  // namespace

std::optional<Json> ParseJsonFast(std::string_view text, size_t depth_max) {
  if (text.size() > kKeptMax) {
    dom::parser parser;
    return ParseWith(parser, text, depth_max);
  }
  thread_local dom::parser kept;
  return ParseWith(kept, text, depth_max);
}

}  // namespace keelrow
