#pragma once

#include <optional>
#include <span>

#include "predictions/validation.h"
#include "transforms/payload.h"

namespace keelrow::predictions {

/// Nested lists of numbers as the decoded form that a model's preprocessing works on. One row for
/// each such form; what a list of numbers means depends on the kind of data alone.
struct NumberForm {
  transforms::Kind kind;
  std::string_view name;  // as /api/model calls it: "image"
  std::string_view help;  // for the API's description
  /// Empty when `faults` says what is wrong with `input`.
  std::optional<transforms::Payload> (*parse)(const Json& input, const Loc& loc, Faults& faults);
};

std::span<const NumberForm> NumberForms();
/// The row of a Predictor's DecodedKind; null: that model takes no numbers.
const NumberForm* FindNumberForm(transforms::Kind kind);

/// A number as pydantic reads one when it is not strict: numbers, true and false, numeric text.
/// Infinities and NaN are refused, which pydantic does not by itself.
std::optional<double> CoerceNumber(const Json& value, const Loc& loc, Faults& faults);

/// Rows of pixels, top to bottom: h × w is gray, h × w × 3 RGB, each a whole number 0 … 255.
std::optional<transforms::Payload> ParsePixels(const Json& input, const Loc& loc, Faults& faults);

}  // namespace keelrow::predictions
