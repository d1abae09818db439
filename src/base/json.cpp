#include "base/json.h"

#include <fmt/format.h>

#include <set>

#include "base/files.h"
#include "base/json_fast.h"

namespace keelrow {
namespace {

Place PlaceAt(std::string_view text, size_t offset, std::string_view name) {
  Place place{.file = std::string(name), .line = 1, .column = 1};
  for (const char c : text.substr(0, std::min(offset, text.size()))) {
    place.column = c == '\n' ? 1 : place.column + 1;
    if (c == '\n') ++place.line;
  }
  return place;
}

/// How deep brackets nest outside strings, without building anything.
bool DeeperThan(std::string_view text, size_t depth_max) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if ((c == '[' || c == '{') && ++depth > depth_max) return true;
    if ((c == ']' || c == '}') && depth > 0) --depth;
  }
  return false;
}

/// Notes whether an object had two members of one name.
class NameWatch {
 public:
  bool operator()(int, Json::parse_event_t event, const Json& parsed) {
    if (event == Json::parse_event_t::object_start) open_.emplace_back();
    if (event == Json::parse_event_t::object_end) open_.pop_back();
    if (event == Json::parse_event_t::key) {
      const auto& name = parsed.get_ref<const std::string&>();
      if (!open_.back().insert(name).second && repeated_.empty()) repeated_ = "`" + name + "`";
    }
    return true;
  }
  const std::string& repeated() const { return repeated_; }

 private:
  std::vector<std::set<std::string>> open_;
  std::string repeated_;
};

Expected<Json> ParseUnique(std::string_view text, std::string_view name) {
  NameWatch watch;
  Json json = Json::parse(text, std::ref(watch));
  if (watch.repeated().empty()) return json;
  return Error(Code::kSyntax, fmt::format("{} names {} twice", name, watch.repeated()));
}

}  // namespace

Expected<Json> ParseJson(std::string_view text, std::string_view name, JsonLimits limits) {
  if (text.size() > limits.size_max) {
    return Error(Code::kLimit, fmt::format("{} has {} bytes; the limit is {}", name, text.size(),
                                           limits.size_max));
  }
  if (!limits.unique_names) {
    if (auto json = ParseJsonFast(text, limits.depth_max)) return *std::move(json);
  }
  if (DeeperThan(text, limits.depth_max)) {
    return Error(Code::kLimit,
                 fmt::format("{} nests deeper than {} levels", name, limits.depth_max));
  }
  // The parser below takes a NUL for the end of the text, whatever stands behind it.
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return Error(Code::kSyntax, fmt::format("{} is not valid JSON: it has a NUL byte", name),
                 {.place = PlaceAt(text, nul, name)});
  }
  try {
    if (limits.unique_names) return ParseUnique(text, name);
    return Json::parse(text);
  } catch (const Json::parse_error& failure) {
    const size_t offset = failure.byte > 0 ? failure.byte - 1 : 0;
    return Error(Code::kSyntax, fmt::format("{} is not valid JSON", name),
                 {.place = PlaceAt(text, offset, name)});
  } catch (const Json::exception& failure) {
    return Error(Code::kSyntax, fmt::format("{} is not valid JSON: {}", name, failure.what()));
  }
}

Json ReadJsonFile(const std::filesystem::path& path, JsonLimits limits) {
  return ParseJson(ReadFile(path, limits.size_max), path.string(), limits).Value();
}

void WriteJsonFile(const std::filesystem::path& path, const Json& value) {
  WriteFileDurably(path, value.dump(1) + "\n");
}

std::string CanonicalJson(const Json& value) {
  return value.dump();
}

const Json& Member(const Json& object, const char* key, std::string_view name) {
  if (object.is_object()) {
    if (const auto found = object.find(key); found != object.end()) return *found;
  }
  throw Error(Code::kCorrupt, fmt::format("{} has no `{}`", name, key));
}

}  // namespace keelrow
