#include "config/schema.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/units.h"

namespace keelrow::config {
namespace {

std::string BaseText(Schema::Type type) {
  switch (type) {
    case Schema::Type::kBoolean:
      return "true or false";
    case Schema::Type::kInteger:
      return "an integer";
    case Schema::Type::kNumber:
      return "a number";
    case Schema::Type::kString:
      return "text";
    case Schema::Type::kDuration:
      return "a duration such as `30s`";
    case Schema::Type::kByteSize:
      return "a size such as `10MB`";
    case Schema::Type::kThreshold:
      return "a limit such as \">=0.97\"";
    case Schema::Type::kName:
      return "one of";
    case Schema::Type::kEntry:
      return "one of";
    case Schema::Type::kList:
      return "a list";
    case Schema::Type::kMap:
      return "a map";
    case Schema::Type::kObject:
      return "a map";
    case Schema::Type::kAny:
      return "anything";
  }
  return "";
}

std::string ChoiceText(const Schema& schema) {
  std::string text;
  for (const Choice& choice : schema.choices) {
    text += fmt::format("{}`{}`", text.empty() ? "" : ", ", choice.name);
  }
  return text;
}

/// A value or a bound of it, as people write it.
std::string NumberText(const Schema& schema, double value) {
  if (schema.type == Schema::Type::kDuration) {
    return Duration{std::chrono::milliseconds(std::llround(value))}.ToString();
  }
  if (schema.type == Schema::Type::kByteSize) {
    return ByteSize{static_cast<uint64_t>(value)}.ToString();
  }
  return fmt::format("{}", value);
}

std::string RangeText(const Schema& schema) {
  const std::string min = schema.min ? NumberText(schema, *schema.min) : "";
  const std::string max = schema.max ? NumberText(schema, *schema.max) : "";
  if (schema.min && schema.max) return fmt::format(", {} to {}", min, max);
  if (schema.min) return fmt::format(", at least {}", min);
  if (schema.max) return fmt::format(", at most {}", max);
  return "";
}

void AddLeaves(const Schema& schema, const std::string& prefix, const Json& default_value,
               std::vector<Leaf>& leaves) {
  if (schema.type != Schema::Type::kObject) {
    leaves.push_back({.path = prefix, .schema = &schema, .default_value = default_value});
    return;
  }
  for (const FieldInfo& field : schema.fields) {
    const std::string path = prefix.empty() ? field.name : prefix + "." + field.name;
    AddLeaves(*field.schema, path, field.default_value, leaves);
  }
}

}  // namespace

std::string TypeText(const Schema& schema) {
  std::string text = BaseText(schema.type);
  if (!schema.choices.empty()) text += " " + ChoiceText(schema);
  if (schema.type == Schema::Type::kList) {
    text += fmt::format(" of: {}", TypeText(*schema.element));
  }
  if (!schema.unit.empty()) text += fmt::format(" ({})", schema.unit);
  return text + RangeText(schema);
}

void CheckNumber(const Schema& schema, double value) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (value >= schema.min.value_or(-kInfinity) && value <= schema.max.value_or(kInfinity)) return;
  throw Error(Code::kBadValue, fmt::format("{} is out of range: expected {}",
                                           NumberText(schema, value), TypeText(schema)));
}

std::vector<Leaf> Leaves(const Schema& root) {
  std::vector<Leaf> leaves;
  AddLeaves(root, "", Json(), leaves);
  return leaves;
}

}  // namespace keelrow::config
