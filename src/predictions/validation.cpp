#include "predictions/validation.h"

#include <fmt/format.h>

#include <algorithm>

namespace keelrow::predictions {
namespace {

constexpr size_t kFaultsMax = 20;
constexpr size_t kEchoTextMax = 200;
constexpr size_t kEchoValuesMax = 32;

/// Whether the value has at most `budget` values in it; stops counting there.
bool IsSmall(const Json& value, size_t& budget) {
  if (budget == 0) return false;
  --budget;
  if (value.is_string()) return value.get_ref<const std::string&>().size() <= kEchoTextMax;
  if (!value.is_structured()) return true;
  return std::ranges::all_of(value, [&](const Json& inner) { return IsSmall(inner, budget); });
}

/// The input as it is echoed: a picture that was sent must not come back with every fault.
Json Echo(const Json& input) {
  size_t budget = kEchoValuesMax;
  if (IsSmall(input, budget)) return input;
  if (input.is_array()) return fmt::format("a list of {}", input.size());
  if (input.is_object()) return fmt::format("an object of {}", input.size());
  return input.get_ref<const std::string&>().substr(0, kEchoTextMax) + "…";
}

}  // namespace

Json Loc::ToJson() const {
  Json path = outer == nullptr ? Json::array() : outer->ToJson();
  if (name.empty()) {
    path.push_back(index);
  } else {
    path.push_back(name);
  }
  return path;
}

void Faults::Add(const FaultType& type, const Loc& loc, const Json& input) {
  Add(type, loc.ToJson(), input, nullptr);
}

void Faults::Add(const FaultType& type, const Json& loc, const Json& input, Json ctx) {
  if (full()) return;
  Json row = {{"type", type.type}, {"loc", loc}, {"msg", type.msg}, {"input", Echo(input)}};
  if (!ctx.is_null()) row["ctx"] = std::move(ctx);
  rows_.push_back(std::move(row));
}

bool Faults::full() const {
  return rows_.size() >= kFaultsMax;
}

std::string Faults::First() const {
  return rows_.at(0).at("msg");
}

http::Response Faults::ToResponse() const {
  return http::Response::Json({{"detail", rows_}}, 422);
}

http::Response UnreadableBody(std::string_view why) {
  std::string detail = "There was an error parsing the body";
  if (!why.empty()) detail += fmt::format(": {}", why);
  return http::Response::Json({{"detail", detail}}, 400);
}

}  // namespace keelrow::predictions
