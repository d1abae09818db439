// Any body as JSON: what the quick way takes, the slow way takes too and makes the same of it,
// within the depth; a packed list has the numbers of the list.
#include <algorithm>

#include "base/json_fast.h"
#include "base/packed_numbers.h"
#include "require.h"

namespace keelrow::fuzz {
namespace {

constexpr size_t kDepthMax = 20;

size_t DepthOf(const Json& json) {
  if (!json.is_structured()) return 0;
  size_t depth = 0;
  for (const Json& item : json) depth = std::max(depth, DepthOf(item));
  return depth + 1;
}

/// Packed lists as lists again.
Json Unpacked(const Json& json) {
  if (const auto packed = PackedNumbers::Of(json)) {
    Json list = Json::array();
    for (size_t i = 0; i < packed->size(); ++i) list.push_back((*packed)[i]);
    return list;
  }
  Json same = json;
  if (json.is_structured()) {
    for (Json& item : same) item = Unpacked(item);
  }
  return same;
}

void Check(std::string_view text) {
  const std::optional<Json> fast = ParseJsonFast(text, kDepthMax);
  const std::optional<Json> packed = ParseJsonFast(text, kDepthMax, 2);
  Require(fast.has_value() == packed.has_value(), "packing decides nothing");
  if (!fast) return;
  Require(Json::parse(text, nullptr, false) == *fast, "both ways make the same tree");
  Require(DepthOf(*fast) <= kDepthMax, "the depth is bounded");
  Require(Unpacked(*packed) == *fast, "a packed list has the list's numbers");
}

}  // namespace
}  // namespace keelrow::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  keelrow::fuzz::Check(keelrow::fuzz::Text(data, size));
  return 0;
}
