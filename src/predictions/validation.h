#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "http/message.h"

namespace keelrow::predictions {

/// What is wrong with a request, in the shape that FastAPI and pydantic made usual:
/// 422 {"detail": [{"type", "loc", "msg", "input", "ctx"?}]}. Clients of a FastAPI service that
/// read these keep working.

/// Where a value stands: ["body", "input_data", 3]. A chain on the stack of whoever walks down the
/// document, so that nothing is built for the values that are in order.
struct Loc {
  const Loc* outer;
  std::string_view name;  // of a member, or empty
  size_t index = 0;       // in a list, where `name` is empty

  Loc Member(std::string_view member) const { return {.outer = this, .name = member}; }
  Loc Item(size_t item) const { return {.outer = this, .name = {}, .index = item}; }
  Json ToJson() const;
};

inline constexpr Loc kBody{.outer = nullptr, .name = "body"};

/// One row of pydantic's error types, with its own words.
struct FaultType {
  std::string_view type;
  std::string_view msg;
};

namespace fault {
inline constexpr FaultType kMissing{"missing", "Field required"};
inline constexpr FaultType kList{"list_type", "Input should be a valid list"};
inline constexpr FaultType kString{"string_type", "Input should be a valid string"};
inline constexpr FaultType kFloat{"float_type", "Input should be a valid number"};
inline constexpr FaultType kFloatParsing{
    "float_parsing", "Input should be a valid number, unable to parse string as a number"};
inline constexpr FaultType kFinite{"finite_number", "Input should be a finite number"};
inline constexpr FaultType kWhole{
    "int_from_float", "Input should be a valid integer, got a number with a fractional part"};
inline constexpr FaultType kObject{
    "model_attributes_type", "Input should be a valid dictionary or object to extract fields from"};
}  // namespace fault

/// Collects faults; beyond a number that a person can read, further ones are dropped.
class Faults {
 public:
  void Add(const FaultType& type, const Loc& loc, const Json& input);
  /// For faults whose words depend on the input. `ctx` may be null.
  void Add(const FaultType& type, const Json& loc, const Json& input, Json ctx);

  bool empty() const { return rows_.empty(); }
  bool full() const;
  /// The first one's message, for answers of another shape; there must be one.
  std::string First() const;
  /// 422 with all of them.
  http::Response ToResponse() const;

 private:
  Json rows_ = Json::array();
};

/// 400 {"detail": "There was an error parsing the body"}, with what is known of it.
http::Response UnreadableBody(std::string_view why = {});

}  // namespace keelrow::predictions
