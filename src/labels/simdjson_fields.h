#pragma once

#include <simdjson.h>

#include <cmath>

namespace keelrow::labels {

/// A field as a number; `otherwise` where there is none.
inline double NumberOf(const simdjson::dom::object& object, std::string_view key,
                       double otherwise = NAN) {
  double number = 0;
  return object[key].get(number) == simdjson::SUCCESS ? number : otherwise;
}

}  // namespace keelrow::labels
