#pragma once

#include <string>
#include <vector>

#include "config/described.h"

/// Values that are picked from a table by name, so that the table feeds look-up, validation,
/// "did you mean", the manual and the schema.
namespace keelrow::config {

using ChoiceList = const std::vector<Choice>& (*)();

const Choice& FindChoice(const std::vector<Choice>& choices, const Node& node,
                         const std::string& name);

/// A table row's name: `optimizer: {name: adamw}`, `network: resnet18`.
template <ChoiceList kChoices>
struct Name {
  std::string value;

  bool operator==(const Name&) const = default;
};

/// A table row's name with its options, checked and complete with defaults:
/// `- resize: {size: 28}`, `- normalize: imagenet` (a shorthand), `- grayscale` (no options).
template <ChoiceList kChoices>
struct Entry {
  std::string name;
  Json options = Json::object();

  bool operator==(const Entry&) const = default;
};

struct NamedOptions {
  std::string name;
  Json options;
};
NamedOptions ReadEntry(const Node& node, const std::vector<Choice>& choices);

template <ChoiceList kChoices>
struct Codec<Name<kChoices>> {
  static Schema Describe() { return {.type = Schema::Type::kName, .choices = kChoices()}; }
  static Name<kChoices> Read(const Node& node) {
    if (node.kind != Node::Kind::kScalar) throw WrongKind(node, Describe());
    return {FindChoice(kChoices(), node, node.text).name};
  }
  static Json Write(const Name<kChoices>& name) { return name.value; }
};

template <ChoiceList kChoices>
struct Codec<Entry<kChoices>> {
  static Schema Describe() { return {.type = Schema::Type::kEntry, .choices = kChoices()}; }
  static Entry<kChoices> Read(const Node& node) {
    NamedOptions read = ReadEntry(node, kChoices());
    return {.name = std::move(read.name), .options = std::move(read.options)};
  }
  static Json Write(const Entry<kChoices>& entry) { return {{entry.name, entry.options}}; }
};

/// The choices of a table whose rows have one each and say what it stands for.
template <class Row>
std::vector<Choice> ChoicesOf(const std::vector<Row>& rows) {
  std::vector<Choice> choices;
  for (const Row& row : rows) choices.push_back(row.choice);
  return choices;
}

/// The row whose choice has that name, which must be one of them.
template <class Row>
const Row& RowOf(const std::vector<Row>& rows, std::string_view name) {
  for (const Row& row : rows) {
    if (row.choice.name == name) return row;
  }
  throw Error(Code::kInternal, "no row is called `" + std::string(name) + "`");
}

/// A row of a choice table whose options are the described struct T. Reading through the row's
/// schema alone would lose the struct's own rules, so it keeps the typed reader too.
template <class T>
Choice ChoiceOf(std::string name, std::string help, std::string shorthand = {}) {
  return {.name = std::move(name),
          .help = std::move(help),
          .options = SchemaOf<T>(),
          .shorthand = std::move(shorthand),
          .canonical = [](const Node& node) { return Write(Read<T>(node)); }};
}

}  // namespace keelrow::config
