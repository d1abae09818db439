#include "base/units.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace keelrow {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::array kTimes = {Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000},
                               Unit{"h", 3'600'000}, Unit{"d", 86'400'000}};
constexpr std::array kSizes = {Unit{"B", 1},        Unit{"kB", 1e3},      Unit{"MB", 1e6},
                               Unit{"GB", 1e9},     Unit{"KiB", 1 << 10}, Unit{"MiB", 1 << 20},
                               Unit{"GiB", 1 << 30}};

/// Splits "10MB" into 10 and the factor of MB; negative when it cannot.
double Scaled(std::string_view text, std::span<const Unit> units) {
  const size_t end = text.find_first_not_of("0123456789.");
  if (end == 0 || end == std::string_view::npos) return -1;
  const Expected<double> number = ParseNumber(text.substr(0, end));
  if (!number) return -1;
  for (const Unit& unit : units) {
    if (text.substr(end) == unit.name) return *number * unit.factor;
  }
  return -1;
}

/// The largest unit in which `value` is a whole number.
std::string Spelled(double value, std::span<const Unit> units) {
  const Unit* best = &units[0];
  for (const Unit& unit : units) {
    if (value != 0 && std::fmod(value, unit.factor) == 0 && unit.factor > best->factor) {
      best = &unit;
    }
  }
  return fmt::format("{:.0f}{}", value / best->factor, best->name);
}

std::string_view Spelled(Threshold::Op op) {
  switch (op) {
    case Threshold::Op::kLess:
      return "<";
    case Threshold::Op::kLessEqual:
      return "<=";
    case Threshold::Op::kGreater:
      return ">";
    case Threshold::Op::kGreaterEqual:
      return ">=";
  }
  return "";
}

}  // namespace

std::string Duration::ToString() const {
  return Spelled(static_cast<double>(value.count()), kTimes);
}

std::string ByteSize::ToString() const {
  return Spelled(static_cast<double>(value), kSizes);
}

bool Threshold::Holds(double measured) const {
  switch (op) {
    case Op::kLess:
      return measured < bound;
    case Op::kLessEqual:
      return measured <= bound;
    case Op::kGreater:
      return measured > bound;
    case Op::kGreaterEqual:
      return measured >= bound;
  }
  return false;
}

std::string Threshold::ToString() const {
  return fmt::format("{}{}", Spelled(op), bound);
}

Expected<Duration> ParseDuration(std::string_view text) {
  const double value = Scaled(text, kTimes);
  if (value < 0 || value > 1e15) {
    return Error(Code::kBadValue, fmt::format("`{}` is not a duration", text),
                 {.hint = "write a number and its unit: ms, s, m, h or d, as in `30s`"});
  }
  return Duration{std::chrono::milliseconds(std::llround(value))};
}

Expected<ByteSize> ParseByteSize(std::string_view text) {
  const double value = Scaled(text, kSizes);
  if (value < 0 || value > 1e18) {
    return Error(Code::kBadValue, fmt::format("`{}` is not a size", text),
                 {.hint = "write a number and its unit: B, kB, MB, GB, KiB, MiB or GiB"});
  }
  return ByteSize{static_cast<uint64_t>(value)};
}

Expected<Threshold> ParseThreshold(std::string_view text) {
  for (const Threshold::Op op : {Threshold::Op::kLessEqual, Threshold::Op::kGreaterEqual,
                                 Threshold::Op::kLess, Threshold::Op::kGreater}) {
    const std::string_view sign = Spelled(op);
    if (!text.starts_with(sign)) continue;
    std::string_view rest = text.substr(sign.size());
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    if (const Expected<double> bound = ParseNumber(rest)) return Threshold{op, *bound};
  }
  return Error(Code::kBadValue, fmt::format("`{}` is not a limit", text),
               {.hint = "write a comparison and a number, as in \">=0.97\" or \"<0.05\""});
}

Expected<double> ParseNumber(std::string_view text) {
  double value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return Error(Code::kBadValue, fmt::format("`{}` is not a number", text));
  }
  return value;
}

}  // namespace keelrow
