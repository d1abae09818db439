#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "config/choices.h"
#include "config/described.h"

namespace keelrow::config {
namespace {

const std::string& ScalarText(const Node& node, const Schema& schema) {
  if (node.kind != Node::Kind::kScalar) throw WrongKind(node, schema);
  return node.text;
}

template <class T>
T ReadInteger(const Node& node, const Schema& schema) {
  const std::string& text = ScalarText(node, schema);
  T value{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = failure == std::errc() && end == text.data() + text.size();
  if (!whole || node.quoted) throw WrongKind(node, schema);
  return value;
}

template <class T>
T ReadParsed(const Node& node, const Schema& schema, Expected<T> (*parse)(std::string_view)) {
  Expected<T> value = parse(ScalarText(node, schema));
  if (!value) throw value.error().At(node.place);
  return *value;
}

}  // namespace

Error WrongKind(const Node& node, const Schema& schema) {
  const std::string found =
      node.kind == Node::Kind::kScalar
          ? fmt::format("`{}`{}", node.text, node.quoted ? " (in quotes)" : "")
          : std::string(node.KindName());
  return Error(Code::kBadValue, fmt::format("expected {}, found {}", TypeText(schema), found),
               {.place = node.place});
}

Error UnknownKey(const Node& map, size_t index, const std::vector<std::string>& known) {
  const std::string& key = map.entries[index].key;
  std::string hint = DidYouMean(key, known);
  if (hint.empty()) hint = fmt::format("known here: {}", JoinText(known, ", "));
  return Error(Code::kUnknownKey, fmt::format("unknown key `{}`", key),
               {.hint = hint, .place = map.key_places[index]});
}

Error Placed(const Error& error, const Node& node) {
  return error.place().file.empty() ? error.At(node.place) : error;
}

Schema Codec<bool>::Describe() {
  return {.type = Schema::Type::kBoolean};
}
bool Codec<bool>::Read(const Node& node) {
  const std::string& text = ScalarText(node, Describe());
  if (!node.quoted && (text == "true" || text == "false")) return text == "true";
  throw WrongKind(node, Describe());
}
Json Codec<bool>::Write(const bool& value) {
  return value;
}

Schema Codec<int>::Describe() {
  return {.type = Schema::Type::kInteger};
}
int Codec<int>::Read(const Node& node) {
  return ReadInteger<int>(node, Describe());
}
Json Codec<int>::Write(const int& value) {
  return value;
}

Schema Codec<int64_t>::Describe() {
  return {.type = Schema::Type::kInteger};
}
int64_t Codec<int64_t>::Read(const Node& node) {
  return ReadInteger<int64_t>(node, Describe());
}
Json Codec<int64_t>::Write(const int64_t& value) {
  return value;
}

Schema Codec<uint64_t>::Describe() {
  return {.type = Schema::Type::kInteger, .min = 0};
}
uint64_t Codec<uint64_t>::Read(const Node& node) {
  return ReadInteger<uint64_t>(node, Describe());
}
Json Codec<uint64_t>::Write(const uint64_t& value) {
  return value;
}

Schema Codec<double>::Describe() {
  return {.type = Schema::Type::kNumber};
}
double Codec<double>::Read(const Node& node) {
  const Expected<double> value = ParseNumber(ScalarText(node, Describe()));
  if (!value || node.quoted) throw WrongKind(node, Describe());
  return *value;
}
Json Codec<double>::Write(const double& value) {
  return value;
}

Schema Codec<std::string>::Describe() {
  return {.type = Schema::Type::kString};
}
std::string Codec<std::string>::Read(const Node& node) {
  return ScalarText(node, Describe());
}
Json Codec<std::string>::Write(const std::string& value) {
  return value;
}

Schema Codec<Duration>::Describe() {
  return {.type = Schema::Type::kDuration};
}
Duration Codec<Duration>::Read(const Node& node) {
  return ReadParsed<Duration>(node, Describe(), ParseDuration);
}
Json Codec<Duration>::Write(const Duration& value) {
  return value.ToString();
}

Schema Codec<ByteSize>::Describe() {
  return {.type = Schema::Type::kByteSize};
}
ByteSize Codec<ByteSize>::Read(const Node& node) {
  return ReadParsed<ByteSize>(node, Describe(), ParseByteSize);
}
Json Codec<ByteSize>::Write(const ByteSize& value) {
  return value.ToString();
}

Schema Codec<Threshold>::Describe() {
  return {.type = Schema::Type::kThreshold};
}
Threshold Codec<Threshold>::Read(const Node& node) {
  return ReadParsed<Threshold>(node, Describe(), ParseThreshold);
}
Json Codec<Threshold>::Write(const Threshold& value) {
  return value.ToString();
}

Schema Codec<Node>::Describe() {
  return {.type = Schema::Type::kAny};
}
Node Codec<Node>::Read(const Node& node) {
  return node;
}
Json Codec<Node>::Write(const Node&) {
  return nullptr;
}

const Choice& FindChoice(const std::vector<Choice>& choices, const Node& node,
                         const std::string& name) {
  std::vector<std::string> names;
  for (const Choice& choice : choices) {
    if (choice.name == name) return choice;
    names.push_back(choice.name);
  }
  std::string hint = DidYouMean(name, names);
  if (hint.empty()) hint = fmt::format("known here: {}", JoinText(names, ", "));
  throw Error(Code::kBadValue, fmt::format("there is no `{}` to choose here", name),
              {.hint = hint, .place = node.place});
}

NamedOptions ReadEntry(const Node& node, const std::vector<Choice>& choices) {
  const bool bare = node.kind == Node::Kind::kScalar;
  const bool single = node.kind == Node::Kind::kMap && node.entries.size() == 1;
  if (!bare && !single) {
    throw WrongKind(node, {.type = Schema::Type::kEntry, .choices = choices});
  }
  const std::string& name = bare ? node.text : node.entries[0].key;
  const Choice& choice = FindChoice(choices, node, name);
  Node options{.kind = Node::Kind::kMap, .place = node.place};
  if (single && node.entries[0].value.kind != Node::Kind::kNull) {
    options = node.entries[0].value;
  }
  if (options.kind != Node::Kind::kMap && !choice.shorthand.empty()) {
    Node spelled{.kind = Node::Kind::kMap, .place = options.place};
    spelled.FindOrAdd(choice.shorthand, options.place) = options;
    options = spelled;
  }
  return {.name = choice.name,
          .options = choice.canonical ? choice.canonical(options) : Json::object()};
}

}  // namespace keelrow::config
