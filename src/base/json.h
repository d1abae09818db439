#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/expected.h"

namespace keelrow {

using Json = nlohmann::json;

/// JSON from strangers: depth and size are bounded before anything is built, so neither the
/// stack nor the heap is at their mercy.
struct JsonLimits {
  size_t depth_max = 100;
  size_t size_max = size_t{64} << 20;
  /// Else the last of two members of the same name wins, and two readers of one text may differ.
  bool unique_names = false;
};

/// kSyntax with line and column, or kLimit. `name` stands in messages for the source.
Expected<Json> ParseJson(std::string_view text, std::string_view name, JsonLimits limits = {});

/// The same for a file of our own; throws.
Json ReadJsonFile(const std::filesystem::path& path, JsonLimits limits = {});
void WriteJsonFile(const std::filesystem::path& path, const Json& value);

/// One spelling for each value (sorted keys, no blanks): what is hashed.
std::string CanonicalJson(const Json& value);

/// A member that must be there; throws kCorrupt naming `name` and the member.
const Json& Member(const Json& object, const char* key, std::string_view name);

}  // namespace keelrow
