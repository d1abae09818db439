// The two documents that are made from a description: JSON Schema and the manual.
#include <fmt/format.h>

#include "config/schema.h"

namespace keelrow::config {
namespace {

Json SchemaOfType(const Schema& schema);

Json ObjectSchema(const Schema& schema) {
  Json json = {{"type", "object"}, {"properties", Json::object()}};
  for (const FieldInfo& field : schema.fields) {
    Json property = SchemaOfType(*field.schema);
    property["description"] = field.doc;
    if (!field.default_value.is_null()) property["default"] = field.default_value;
    json["properties"][field.name] = property;
    if (field.required) json["required"].push_back(field.name);
  }
  json["additionalProperties"] = schema.element ? SchemaOfType(*schema.element) : Json(false);
  return json;
}

Json EntrySchema(const Schema& schema) {
  Json forms = Json::array();
  for (const Choice& choice : schema.choices) {
    forms.push_back({{"const", choice.name}, {"description", choice.help}});
    if (!choice.options) continue;
    Json options = {{"anyOf", {SchemaOfType(*choice.options)}}};
    if (!choice.shorthand.empty()) {
      options["anyOf"].push_back({{"type", {"string", "number", "array"}}});
    }
    forms.push_back({{"type", "object"},
                     {"description", choice.help},
                     {"properties", {{choice.name, options}}},
                     {"required", {choice.name}},
                     {"additionalProperties", false}});
  }
  return {{"anyOf", forms}};
}

Json NameSchema(const Schema& schema) {
  Json json = {{"enum", Json::array()}};
  for (const Choice& choice : schema.choices) json["enum"].push_back(choice.name);
  return json;
}

/// One scalar stands for a list of one, as the reader has it; a map does not.
Json ListSchema(const Schema& schema) {
  const Schema& element = *schema.element;
  const Json list = {{"type", "array"}, {"items", SchemaOfType(element)}};
  switch (element.type) {
    case Schema::Type::kList:
    case Schema::Type::kMap:
    case Schema::Type::kObject:
    case Schema::Type::kAny:
      return list;
    case Schema::Type::kEntry:
      return {{"anyOf", {list, NameSchema(element)}}};
    default:
      return {{"anyOf", {list, SchemaOfType(element)}}};
  }
}

Json NumberSchema(const Schema& schema, const char* type) {
  Json json = {{"type", type}};
  if (schema.min) json["minimum"] = *schema.min;
  if (schema.max) json["maximum"] = *schema.max;
  return json;
}

Json PatternSchema(const char* pattern) {
  return {{"type", "string"}, {"pattern", pattern}};
}

Json SchemaOfType(const Schema& schema) {
  switch (schema.type) {
    case Schema::Type::kBoolean:
      return {{"type", "boolean"}};
    case Schema::Type::kInteger:
      return NumberSchema(schema, "integer");
    case Schema::Type::kNumber:
      return NumberSchema(schema, "number");
    case Schema::Type::kString:
      return {{"type", {"string", "number", "boolean"}}};
    case Schema::Type::kDuration:
      return PatternSchema("^[0-9.]+(ms|s|m|h|d)$");
    case Schema::Type::kByteSize:
      return PatternSchema("^[0-9.]+(B|kB|MB|GB|KiB|MiB|GiB)$");
    case Schema::Type::kThreshold:
      return PatternSchema("^(<=?|>=?) *-?[0-9.eE+-]+$");
    case Schema::Type::kName:
      return NameSchema(schema);
    case Schema::Type::kEntry:
      return EntrySchema(schema);
    case Schema::Type::kList:
      return ListSchema(schema);
    case Schema::Type::kMap:
      return {{"type", "object"}, {"additionalProperties", SchemaOfType(*schema.element)}};
    case Schema::Type::kObject:
      return ObjectSchema(schema);
    case Schema::Type::kAny:
      return {{"type", "object"}};
  }
  return Json::object();
}

std::string Cell(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2) {
    text.insert(at, "\\");
  }
  return text;
}

std::string DefaultText(const FieldInfo& field) {
  if (field.required) return "**required**";
  const Json& value = field.default_value;
  if (value.is_object() || value.empty()) return "";  // null and [] are empty
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  return text.empty() ? "" : fmt::format("`{}`", text);
}

/// The manual, object after object in the order in which keys name them.
class Manual {
 public:
  std::string Write(const Schema& root) {
    AddObject(root, "");
    return text_;
  }

 private:
  void AddObject(const Schema& schema, const std::string& path) {
    text_ += path.empty() ? "" : fmt::format("\n## `{}`\n\n", path);
    if (!schema.doc.empty()) text_ += schema.doc + "\n\n";
    AddFieldTable(schema);
    for (const FieldInfo& field : schema.fields) {
      AddBelow(*field.schema, path.empty() ? field.name : path + "." + field.name);
    }
  }

  void AddFieldTable(const Schema& schema) {
    if (schema.fields.empty() && !schema.element) return;
    text_ += "| key | value | default | what it does |\n|---|---|---|---|\n";
    for (const FieldInfo& field : schema.fields) {
      text_ += fmt::format("| `{}` | {} | {} | {} |\n", field.name, Cell(ShortType(*field.schema)),
                           Cell(DefaultText(field)), Cell(field.doc));
    }
    if (schema.element) {
      text_ += fmt::format("| *any other name* | {} |  | {} |\n", Cell(TypeText(*schema.element)),
                           Cell(schema.element->doc));
    }
  }

  /// Rows with many choices have a section of their own; the table only points there.
  static std::string ShortType(const Schema& schema) {
    if (schema.type == Schema::Type::kList && !schema.element->choices.empty()) {
      return "a list, see below";
    }
    return schema.choices.empty() ? TypeText(schema) : "a name, see below";
  }

  void AddBelow(const Schema& schema, const std::string& path) {
    if (schema.type == Schema::Type::kObject) AddObject(schema, path);
    if (schema.type == Schema::Type::kList) AddBelow(*schema.element, path);
    if (!schema.choices.empty()) AddChoices(schema, path);
  }

  void AddChoices(const Schema& schema, const std::string& path) {
    text_ += fmt::format("\n## What `{}` can be\n\n", path);
    for (const Choice& choice : schema.choices) {
      text_ += fmt::format("- `{}`: {}\n", choice.name, choice.help);
    }
    for (const Choice& choice : schema.choices) {
      if (!choice.options || choice.options->fields.empty()) continue;
      text_ += fmt::format("\n### `{}: {}`\n\n", path, choice.name);
      if (!choice.shorthand.empty()) {
        text_ += fmt::format("`{0}: VALUE` is short for `{0}: {{{1}: VALUE}}`.\n\n", choice.name,
                             choice.shorthand);
      }
      AddFieldTable(*choice.options);
    }
  }

  std::string text_;
};

}  // namespace

Json ToJsonSchema(const Schema& root, const std::string& title) {
  Json json = ObjectSchema(root);
  json["$schema"] = "https://json-schema.org/draft/2020-12/schema";
  json["title"] = title;
  return json;
}

std::string ToMarkdown(const Schema& root) {
  return Manual().Write(root);
}

}  // namespace keelrow::config
