#pragma once

#include <concepts>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "config/node.h"
#include "config/schema.h"

/// Described configuration: a plain struct, and one function that describes its keys.
///
///   struct ResizeOptions { int size = 224; std::string filter = "bilinear"; };
///   void Describe(config::Object<ResizeOptions>& object) {
///     object.Field("size", &ResizeOptions::size, "Edge length.").Unit("pixels").Range(1, 8192);
///   }
///
/// From it come reading with places and suggestions (Read), the canonical form that is hashed
/// (Write), the manual and the JSON Schema (SchemaOf). Defaults are the struct's own initialisers.
namespace keelrow::config {

/// How a C++ type looks in a document. Specialise for a new kind of value.
template <class T>
struct Codec;

/// The error for a node that is not what `schema` asks for.
Error WrongKind(const Node& node, const Schema& schema);
/// The error for a key that no field has.
Error UnknownKey(const Node& map, size_t index, const std::vector<std::string>& known);
/// Makes an error from below point at the node, unless it already has a place.
Error Placed(const Error& error, const Node& node);

/// A value as the number that a range bounds: durations in milliseconds, sizes in bytes.
template <class T>
requires std::is_arithmetic_v<T>
double NumberOf(T value) {
  return static_cast<double>(value);
}
inline double NumberOf(Duration value) {
  return static_cast<double>(value.value.count());
}
inline double NumberOf(ByteSize value) {
  return static_cast<double>(value.value);
}
template <class T>
concept Ranged = !std::same_as<T, bool> && requires(T value) {
  NumberOf(value);
};

template <Ranged T>
void CheckRange(const Schema& schema, const T& value) {
  CheckNumber(schema, NumberOf(value));
}
template <Ranged T>
void CheckRange(const Schema& schema, const std::optional<T>& value) {
  if (value) CheckNumber(schema, NumberOf(*value));
}
/// A field that may have a range.
template <class T>
concept RangeChecked = requires(const Schema& schema, const T& value) {
  CheckRange(schema, value);
};

template <class T>
class Object {
 public:
  template <class M>
  class FieldBuilder {
   public:
    FieldBuilder(Object& object, size_t index) : object_(object), index_(index) {}
    FieldBuilder& Range(double min, double max) requires RangeChecked<M> {
      schema().min = min;
      schema().max = max;
      return *this;
    }
    FieldBuilder& Range(ByteSize min, ByteSize max) { return Range(NumberOf(min), NumberOf(max)); }
    FieldBuilder& Range(Duration min, Duration max) { return Range(NumberOf(min), NumberOf(max)); }
    FieldBuilder& Unit(std::string unit) {
      schema().unit = std::move(unit);
      return *this;
    }
    FieldBuilder& Required() {
      object_.fields_[index_].required = true;
      return *this;
    }

   private:
    Schema& schema() { return *object_.fields_[index_].schema; }
    Object& object_;
    size_t index_;
  };

  void Doc(std::string doc) { doc_ = std::move(doc); }

  template <class M>
  FieldBuilder<M> Field(const std::string& name, M T::*member, const std::string& doc) {
    auto schema = std::make_shared<Schema>(Codec<M>::Describe());
    fields_.push_back(
        {.name = name,
         .doc = doc,
         .schema = schema,
         .required = false,
         .read =
             [member, schema](T& object, const Node& node) {
               object.*member = Codec<M>::Read(node);
               if constexpr (RangeChecked<M>) CheckRange(*schema, object.*member);
             },
         .write = [member](const T& object) { return Codec<M>::Write(object.*member); }});
    return FieldBuilder<M>(*this, fields_.size() - 1);
  }

  /// Keys other than the fields', such as a gate's metric names, all of one type.
  template <class M>
  void FreeKeys(std::map<std::string, M> T::*member, const std::string& doc) {
    free_schema_ = std::make_shared<Schema>(Codec<M>::Describe());
    free_schema_->doc = doc;
    read_free_ = [member](T& object, const std::string& key, const Node& node) {
      (object.*member)[key] = Codec<M>::Read(node);
    };
    write_free_ = [member](const T& object, Json& json) {
      for (const auto& [key, value] : object.*member) json[key] = Codec<M>::Write(value);
    };
  }

  /// A rule over several keys; throws kBadValue without a place.
  void Check(std::function<void(const T&)> check) { checks_.push_back(std::move(check)); }

  Schema ToSchema() const {
    Schema schema{.type = Schema::Type::kObject, .doc = doc_};
    const T defaults{};
    for (const auto& field : fields_) {
      schema.fields.push_back({.name = field.name,
                               .doc = field.doc,
                               .schema = field.schema,
                               .default_value = field.required ? Json() : field.write(defaults),
                               .required = field.required});
    }
    schema.element = free_schema_;
    return schema;
  }

  T Read(const Node& node) const {
    T object{};
    if (node.kind != Node::Kind::kMap && node.kind != Node::Kind::kNull) {
      throw WrongKind(node, ToSchema());
    }
    for (size_t i = 0; i < node.entries.size(); ++i) ReadEntry(object, node, i);
    for (const auto& field : fields_) {
      const Node* value = field.required ? node.Find(field.name) : nullptr;
      if (field.required && (value == nullptr || value->kind == Node::Kind::kNull)) {
        throw Error(Code::kMissingKey, "the key `" + field.name + "` is missing",
                    {.hint = field.doc, .place = node.place});
      }
    }
    for (const auto& check : checks_) AtNode(node, [&] { check(object); });
    return object;
  }

  Json Write(const T& object) const {
    Json json = Json::object();
    for (const auto& field : fields_) json[field.name] = field.write(object);
    if (write_free_) write_free_(object, json);
    return json;
  }

 private:
  struct FieldRow {
    std::string name;
    std::string doc;
    std::shared_ptr<Schema> schema;
    bool required;
    std::function<void(T&, const Node&)> read;
    std::function<Json(const T&)> write;
  };

  template <class F>
  static void AtNode(const Node& node, const F& work) {
    try {
      work();
    } catch (const Error& error) {
      throw Placed(error, node);
    }
  }

  void ReadEntry(T& object, const Node& node, size_t index) const {
    const std::string& key = node.entries[index].key;
    const Node& value = node.entries[index].value;
    for (const auto& field : fields_) {
      if (field.name != key) continue;
      if (value.kind != Node::Kind::kNull) AtNode(value, [&] { field.read(object, value); });
      return;
    }
    if (!read_free_) throw UnknownKey(node, index, Names());
    AtNode(value, [&] { read_free_(object, key, value); });
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& field : fields_) names.push_back(field.name);
    return names;
  }

  std::string doc_;
  std::vector<FieldRow> fields_;
  std::shared_ptr<Schema> free_schema_;
  std::function<void(T&, const std::string&, const Node&)> read_free_;
  std::function<void(const T&, Json&)> write_free_;
  std::vector<std::function<void(const T&)>> checks_;
};

/// A struct with `void Describe(config::Object<T>&)` in its own namespace.
template <class T>
concept Described = requires(Object<T>& object) {
  Describe(object);
};

template <Described T>
const Object<T>& DescriptionOf() {
  static const Object<T> description = [] {
    Object<T> object;
    Describe(object);
    return object;
  }();
  return description;
}

template <Described T>
struct Codec<T> {
  static Schema Describe() { return DescriptionOf<T>().ToSchema(); }
  static T Read(const Node& node) { return DescriptionOf<T>().Read(node); }
  static Json Write(const T& value) { return DescriptionOf<T>().Write(value); }
};

template <class T>
T Read(const Node& node) {
  return Codec<T>::Read(node);
}
template <class T>
T ReadJson(const Json& json, const std::string& name) {
  return Codec<T>::Read(FromJson(json, name));
}
template <class T>
Json Write(const T& value) {
  return Codec<T>::Write(value);
}
template <class T>
std::shared_ptr<const Schema> SchemaOf() {
  return std::make_shared<const Schema>(Codec<T>::Describe());
}

// Values -----------------------------------------------------------------------------------------

/// Scalars whose reading is not a template's business (codecs.cpp).
#define KEELROW_DECLARE_SCALAR_CODEC(T) \
  template <>                           \
  struct Codec<T> {                     \
    static Schema Describe();           \
    static T Read(const Node& node);    \
    static Json Write(const T& value);  \
  }
KEELROW_DECLARE_SCALAR_CODEC(bool);
KEELROW_DECLARE_SCALAR_CODEC(int);
KEELROW_DECLARE_SCALAR_CODEC(int64_t);
KEELROW_DECLARE_SCALAR_CODEC(uint64_t);
KEELROW_DECLARE_SCALAR_CODEC(double);
KEELROW_DECLARE_SCALAR_CODEC(std::string);
KEELROW_DECLARE_SCALAR_CODEC(Duration);
KEELROW_DECLARE_SCALAR_CODEC(ByteSize);
KEELROW_DECLARE_SCALAR_CODEC(Threshold);
KEELROW_DECLARE_SCALAR_CODEC(Node);  // anything; written as null
#undef KEELROW_DECLARE_SCALAR_CODEC

template <class T>
struct Codec<std::vector<T>> {
  static Schema Describe() { return {.type = Schema::Type::kList, .element = SchemaOf<T>()}; }
  static std::vector<T> Read(const Node& node) {
    std::vector<T> values;
    // One value stands for a list of one, as people write it.
    if (node.kind == Node::Kind::kScalar) return {Codec<T>::Read(node)};
    if (node.kind != Node::Kind::kList) throw WrongKind(node, Describe());
    for (const Node& item : node.items) values.push_back(Codec<T>::Read(item));
    return values;
  }
  static Json Write(const std::vector<T>& values) {
    Json json = Json::array();
    for (const T& value : values) json.push_back(Codec<T>::Write(value));
    return json;
  }
};

template <class T>
struct Codec<std::map<std::string, T>> {
  static Schema Describe() { return {.type = Schema::Type::kMap, .element = SchemaOf<T>()}; }
  static std::map<std::string, T> Read(const Node& node) {
    std::map<std::string, T> values;
    if (node.kind != Node::Kind::kMap) throw WrongKind(node, Describe());
    for (const auto& [key, value] : node.entries) values[key] = Codec<T>::Read(value);
    return values;
  }
  static Json Write(const std::map<std::string, T>& values) {
    Json json = Json::object();
    for (const auto& [key, value] : values) json[key] = Codec<T>::Write(value);
    return json;
  }
};

template <class T>
struct Codec<std::optional<T>> {
  static Schema Describe() { return Codec<T>::Describe(); }
  static std::optional<T> Read(const Node& node) { return Codec<T>::Read(node); }
  static Json Write(const std::optional<T>& value) {
    return value ? Codec<T>::Write(*value) : Json();
  }
};

}  // namespace keelrow::config
