#include "predictions/numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/units.h"

namespace keelrow::predictions {
namespace {

constexpr std::array kForms = {
    NumberForm{.kind = transforms::Kind::kImage,
               .name = "image",
               .help = "Rows of pixels: height × width for gray, height × width × 3 for RGB, each "
                       "a whole number from 0 to 255.",
               .parse = ParsePixels},
};

/// A list with `count` items; says so in `faults` otherwise.
bool IsListOf(size_t count, const Json& value, const Loc& loc, Faults& faults) {
  if (!value.is_array()) {
    faults.Add(fault::kList, loc, value);
    return false;
  }
  if (value.size() == count) return true;
  const bool short_one = value.size() < count;
  const std::string msg =
      fmt::format("List should have at {} {} item{} after validation, not {}",
                  short_one ? "least" : "most", count, count == 1 ? "" : "s", value.size());
  faults.Add({short_one ? "too_short" : "too_long", msg}, loc.ToJson(), value,
             {{"field_type", "List"},
              {short_one ? "min_length" : "max_length", count},
              {"actual_length", value.size()}});
  return false;
}

uint8_t ParsePixel(const Json& value, const Loc& loc, Faults& faults) {
  if (value.is_number_unsigned() && value.get<uint64_t>() <= 255) return value.get<uint8_t>();
  const std::optional<double> number = CoerceNumber(value, loc, faults);
  if (!number) return 0;
  if (*number < 0) {
    faults.Add({"greater_than_equal", "Input should be greater than or equal to 0"}, loc.ToJson(),
               value, {{"ge", 0}});
  } else if (*number > 255) {
    faults.Add({"less_than_equal", "Input should be less than or equal to 255"}, loc.ToJson(),
               value, {{"le", 255}});
  } else if (*number != std::trunc(*number)) {
    faults.Add(fault::kWhole, loc, value);
  } else {
    return static_cast<uint8_t>(*number);
  }
  return 0;
}

/// One row of pixels, appended to the picture.
void ParseRow(const Json& row, const Loc& loc, Faults& faults, data::Image& image) {
  if (!IsListOf(static_cast<size_t>(image.width), row, loc, faults)) return;
  for (size_t x = 0; x < row.size() && !faults.full(); ++x) {
    const Loc at = loc.Item(x);
    if (image.channels == 1) {
      image.pixels.push_back(ParsePixel(row[x], at, faults));
      continue;
    }
    if (!IsListOf(static_cast<size_t>(image.channels), row[x], at, faults)) continue;
    for (size_t c = 0; c < row[x].size(); ++c) {
      image.pixels.push_back(ParsePixel(row[x][c], at.Item(c), faults));
    }
  }
}

}  // namespace

std::span<const NumberForm> NumberForms() {
  return kForms;
}

const NumberForm* FindNumberForm(transforms::Kind kind) {
  const auto* found = std::ranges::find(kForms, kind, &NumberForm::kind);
  return found == kForms.end() ? nullptr : found;
}

std::optional<double> CoerceNumber(const Json& value, const Loc& loc, Faults& faults) {
  std::optional<double> number;
  if (value.is_number()) number = value.get<double>();
  if (value.is_boolean()) number = value.get<bool>() ? 1.0 : 0.0;
  if (value.is_string()) {
    const Expected<double> parsed = ParseNumber(value.get_ref<const std::string&>());
    if (parsed) number = *parsed;
    if (!parsed) faults.Add(fault::kFloatParsing, loc, value);
  } else if (!number) {
    faults.Add(fault::kFloat, loc, value);
  }
  if (number && !std::isfinite(*number)) {
    faults.Add(fault::kFinite, loc, value);
    number.reset();
  }
  return number;
}

std::optional<transforms::Payload> ParsePixels(const Json& input, const Loc& loc, Faults& faults) {
  if (!input.is_array()) {
    faults.Add(fault::kList, loc, input);
    return std::nullopt;
  }
  if (input.empty()) {
    IsListOf(1, input, loc, faults);
    return std::nullopt;
  }
  const Json& first = input.front();
  if (!first.is_array() || first.empty()) {
    IsListOf(1, first, loc.Item(0), faults);
    return std::nullopt;
  }
  data::Image image{.width = static_cast<int>(first.size()),
                    .height = static_cast<int>(input.size()),
                    .channels = first.front().is_array() ? 3 : 1};
  // Nothing is reserved: only the first row says that the others are as wide.
  for (size_t y = 0; y < input.size() && !faults.full(); ++y) {
    ParseRow(input[y], loc.Item(y), faults, image);
  }
  if (!faults.empty()) return std::nullopt;
  return image;
}

}  // namespace keelrow::predictions
