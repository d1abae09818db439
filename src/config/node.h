#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace keelrow::config {

/// A YAML or JSON document as a tree in which every node knows its place in the file, so that a
/// message can point at it. Scalars keep their text: what they mean is up to the described type.
struct Node {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  std::string text;     // of a scalar
  bool quoted = false;  // "7" in quotes is a string, never a number
  struct Entry;
  std::vector<Node> items;
  std::vector<Entry> entries;  // in the order of the file
  Place place;
  std::vector<Place> key_places;  // one for each entry

  const Node* Find(std::string_view key) const;
  Node& FindOrAdd(const std::string& key, const Place& place);
  std::string_view KindName() const;
};

struct Node::Entry {
  std::string key;
  Node value;
};

/// Bounds on a document from a stranger.
struct NodeLimits {
  size_t size_max = 1 << 20;   // bytes
  size_t nodes_max = 100'000;  // after aliases are expanded
  size_t depth_max = 64;
};

/// Reads YAML 1.2 (of which JSON is a part). Throws kSyntax with the place, or kLimit.
/// A key that stands twice in one map is kSyntax.
Node ParseYaml(std::string_view text, const std::string& name, const NodeLimits& limits = {});

Node FromJson(const Json& value, const std::string& name);

/// Puts `value` (YAML) at a dotted path such as `train.epochs` or `prepare.0.resize.size`; maps
/// on the way are made. Throws kBadValue when the path crosses a scalar or a missing item.
void SetPath(Node& root, std::string_view path, std::string_view value);

/// Lays `over` upon `base`: maps are merged key by key, everything else is replaced.
void Merge(Node& base, const Node& over);

}  // namespace keelrow::config
