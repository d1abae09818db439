#include "config/node.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace keelrow::config {
namespace {

Place PlaceOf(const YAML::Mark& mark, const std::string& name) {
  return {.file = name, .line = mark.line + 1, .column = mark.column + 1};
}

/// Turns yaml-cpp's tree into ours. Aliases are shared nodes there and copies here, so the count
/// of nodes is bounded: a "billion laughs" file ends in kLimit.
class Converter {
 public:
  Converter(std::string name, const NodeLimits& limits) : name_(std::move(name)), limits_(limits) {}

  Node Convert(const YAML::Node& yaml, size_t depth = 0) {
    const Place place = PlaceOf(yaml.Mark(), name_);
    if (++count_ > limits_.nodes_max || depth > limits_.depth_max) {
      throw Error(Code::kLimit, fmt::format("{} is too deep or has too many values", name_),
                  {.place = place});
    }
    Node node{.place = place};
    if (yaml.IsScalar()) {
      // yaml-cpp marks quoted scalars with the tag "!".
      node.kind = Node::Kind::kScalar;
      node.text = TextOf(yaml, place);
      node.quoted = yaml.Tag() == "!";
      if (!node.quoted && (node.text == "~" || node.text == "null")) node.kind = Node::Kind::kNull;
    } else if (yaml.IsSequence()) {
      node.kind = Node::Kind::kList;
      for (const YAML::Node& item : yaml) node.items.push_back(Convert(item, depth + 1));
    } else if (yaml.IsMap()) {
      ConvertMap(yaml, depth, node);
    }
    return node;
  }

 private:
  /// yaml-cpp passes bytes on as they are; what is read here is written as JSON later.
  static const std::string& TextOf(const YAML::Node& scalar, const Place& place) {
    if (IsUtf8(scalar.Scalar())) return scalar.Scalar();
    throw Error(Code::kSyntax, "this text is not UTF-8",
                {.hint = "save the file as UTF-8", .place = place});
  }

  void ConvertMap(const YAML::Node& yaml, size_t depth, Node& node) {
    node.kind = Node::Kind::kMap;
    for (const auto& entry : yaml) {
      const Place place = PlaceOf(entry.first.Mark(), name_);
      if (!entry.first.IsScalar()) {
        throw Error(Code::kSyntax, "a key must be a word", {.place = place});
      }
      const std::string key = TextOf(entry.first, place);
      if (node.Find(key) != nullptr) {
        throw Error(Code::kSyntax, fmt::format("the key `{}` stands here twice", key),
                    {.place = place});
      }
      node.entries.push_back({key, Convert(entry.second, depth + 1)});
      node.key_places.push_back(place);
    }
  }

  std::string name_;
  NodeLimits limits_;
  size_t count_ = 0;
};

/// yaml-cpp recurses over brackets and indents; a bound on both keeps the stack safe before it
/// sees the text.
void CheckNesting(std::string_view text, const std::string& name, const NodeLimits& limits) {
  const auto too_deep = [&] {
    throw Error(Code::kLimit,
                fmt::format("{} nests deeper than {} levels", name, limits.depth_max));
  };
  size_t brackets = 0;
  size_t markers = 0;  // "- - - -" and "? ? ?" nest on one line
  for (const char c : text) {
    if ((c == '[' || c == '{') && ++brackets > 4 * limits.depth_max) too_deep();
    if ((c == ']' || c == '}') && brackets > 0) --brackets;
    if (c == '\n') markers = 0;
    if ((c == '-' || c == '?' || c == ':') && ++markers > 16 * limits.depth_max) too_deep();
  }
}

Node& Step(Node& node, const std::string& part, std::string_view path) {
  if (node.kind == Node::Kind::kList) {
    size_t index = 0;
    const auto [end, failure] = std::from_chars(part.data(), part.data() + part.size(), index);
    if (failure != std::errc() || end != part.data() + part.size() || index >= node.items.size()) {
      throw Error(Code::kBadValue, fmt::format("--set {}: `{}` is not one of the list's {} items",
                                               path, part, node.items.size()));
    }
    return node.items[index];
  }
  if (node.kind == Node::Kind::kScalar) {
    throw Error(Code::kBadValue,
                fmt::format("--set {}: there is a plain value above `{}`", path, part));
  }
  node.kind = Node::Kind::kMap;
  return node.FindOrAdd(part, {.file = fmt::format("--set {}", path)});
}

}  // namespace

const Node* Node::Find(std::string_view key) const {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const auto& e) { return e.key == key; });
  return found == entries.end() ? nullptr : &found->value;
}

Node& Node::FindOrAdd(const std::string& key, const Place& key_place) {
  for (auto& [name, value] : entries) {
    if (name == key) return value;
  }
  entries.push_back({key, Node{.place = key_place}});
  key_places.push_back(key_place);
  return entries.back().value;
}

std::string_view Node::KindName() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return "a single value";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
  }
  return "";
}

Node ParseYaml(std::string_view text, const std::string& name, const NodeLimits& limits) {
  if (text.size() > limits.size_max) {
    throw Error(Code::kLimit, fmt::format("{} is larger than {}", name,
                                          HumanBytes(static_cast<double>(limits.size_max))));
  }
  CheckNesting(text, name, limits);
  try {
    return Converter(name, limits).Convert(YAML::Load(std::string(text)));
  } catch (const YAML::Exception& failure) {
    throw Error(Code::kSyntax, fmt::format("not valid YAML: {}", failure.msg),
                {.place = PlaceOf(failure.mark, name)});
  }
}

Node FromJson(const Json& value, const std::string& name) {
  Node node{.place = {.file = name}};
  if (value.is_object()) {
    node.kind = Node::Kind::kMap;
    for (const auto& [key, item] : value.items()) {
      node.entries.push_back({key, FromJson(item, name)});
      node.key_places.push_back(node.place);
    }
  } else if (value.is_array()) {
    node.kind = Node::Kind::kList;
    for (const Json& item : value) node.items.push_back(FromJson(item, name));
  } else if (!value.is_null()) {
    node.kind = Node::Kind::kScalar;
    node.quoted = value.is_string();
    node.text = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return node;
}

void SetPath(Node& root, std::string_view path, std::string_view value) {
  Node* node = &root;
  for (const std::string& part : SplitText(path, '.')) node = &Step(*node, part, path);
  *node = ParseYaml(value, fmt::format("--set {}", path));
}

void Merge(Node& base, const Node& over) {
  if (base.kind != Node::Kind::kMap || over.kind != Node::Kind::kMap) {
    base = over;
    return;
  }
  for (size_t i = 0; i < over.entries.size(); ++i) {
    const auto& [key, value] = over.entries[i];
    Merge(base.FindOrAdd(key, over.key_places[i]), value);
  }
}

}  // namespace keelrow::config
