#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"

namespace keelrow::config {

struct Node;
struct Schema;

/// One key of an object, as the manual, the JSON Schema and the reader see it.
struct FieldInfo {
  std::string name;
  std::string doc;  // one line
  std::shared_ptr<const Schema> schema;
  Json default_value;  // canonical; null when required or empty
  bool required = false;
};

/// One row of a table that the user picks from by name: a transform, an optimiser, a network.
struct Choice {
  std::string name;
  std::string help;
  std::shared_ptr<const Schema> options;            // null when the choice takes none
  std::string shorthand = {};                       // the option that `name: value` sets, or empty
  std::function<Json(const Node&)> canonical = {};  // checks the options, fills in defaults
};

/// What values a key may have. Made by Codec<T>::Describe() from the C++ types; read by the
/// manual, the JSON Schema and the range checks. Plain data.
struct Schema {
  enum class Type {
    kBoolean,
    kInteger,
    kNumber,
    kString,
    kDuration,
    kByteSize,
    kThreshold,
    kName,   // a string out of `choices`
    kEntry,  // one of `choices` with its options: `resize: {size: 28}`
    kList,
    kMap,
    kObject,
    kAny,  // an environment's overlay: checked when it is applied
  };

  Type type = Type::kString;
  std::string doc;            // of an object
  std::string unit;           // shown after the type: "seconds", "pixels"
  std::optional<double> min;  // of kDuration in milliseconds, of kByteSize in bytes
  std::optional<double> max;
  std::vector<Choice> choices;
  std::shared_ptr<const Schema> element;  // of kList, kMap, and of an object's free keys
  std::vector<FieldInfo> fields;          // of kObject
};

/// "integer, 1 to 100", "one of `adamw`, `sgd`", "list of …": for messages and the manual.
std::string TypeText(const Schema& schema);

/// Throws kBadValue unless the number is within the schema's range.
void CheckNumber(const Schema& schema, double value);

/// JSON Schema (draft 2020-12) of a whole document.
Json ToJsonSchema(const Schema& root, const std::string& title);

/// The manual's chapter in Markdown: a table of keys for each object, a section for each table.
std::string ToMarkdown(const Schema& root);

/// Every key that can be set, as dotted paths with their schema: `train.optimizer.lr`.
struct Leaf {
  std::string path;
  const Schema* schema;
  Json default_value;
};
std::vector<Leaf> Leaves(const Schema& root);

}  // namespace keelrow::config
