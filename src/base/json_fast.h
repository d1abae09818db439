#pragma once

#include <optional>
#include <string_view>

#include "base/json.h"

namespace keelrow {

/// The quick way to read JSON, for ParseJson: what simdjson takes, as the tree that nlohmann's
/// parser would have made, but for lists that are packed (packed_numbers.h; 0: none). Nothing for a
/// text that is no JSON or nests deeper than `depth_max`, and for some that the slow way takes (as
/// deep as that, whole numbers of more than 64 bits); that one has the last word, and says what is
/// wrong where. Thread-safe.
std::optional<Json> ParseJsonFast(std::string_view text, size_t depth_max, size_t packed_from = 0);

}  // namespace keelrow
