#include "report/scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace keelrow::report {
namespace {

constexpr double kSlack = 1e-9;  // of a step: what rounding may add

double NiceStep(double span, int ticks) {
  const double rough = span / std::max(1, ticks);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= rough * (1 - kSlack)) return factor * power;
  }
  return 10 * power;
}

std::vector<double> LinearTicks(Range values, double step) {
  const double first = std::floor(values.low / step + kSlack);
  const double last = std::ceil(values.high / step - kSlack);
  std::vector<double> ticks;
  for (double i = first; i <= last; ++i) ticks.push_back(i * step);
  return ticks;
}

/// Powers of ten and, where they are few, 2 and 5 times them.
std::vector<double> LogTicks(Range values, int wanted) {
  const double decades = std::log10(values.high / values.low);
  const auto factors =
      decades * 3 <= wanted * 1.5 ? std::vector<double>{1, 2, 5} : std::vector<double>{1};
  std::vector<double> ticks;
  const int first = static_cast<int>(std::floor(std::log10(values.low)));
  const int last = static_cast<int>(std::ceil(std::log10(values.high)));
  for (int exponent = first; exponent <= last; ++exponent) {
    for (const double factor : factors) ticks.push_back(factor * std::pow(10, exponent));
  }
  const auto above = [](double bound) { return [bound](double t) { return t > bound; }; };
  const auto low = std::find_if(ticks.begin(), ticks.end(), above(values.low * (1 + kSlack)));
  const auto high = std::find_if(ticks.begin(), ticks.end(), above(values.high * (1 - kSlack)));
  return {low == ticks.begin() ? low : low - 1, high == ticks.end() ? high : high + 1};
}

Range Widened(Range values, Axis axis) {
  if (values.high > values.low) return values;
  if (axis == Axis::kLog) return {values.low / 2, values.low * 2};
  const double margin = values.low == 0 ? 1 : std::abs(values.low) * 0.1;
  return {values.low - margin, values.low + margin};
}

}  // namespace

Scale::Scale(const Options& options) : places_(options.places), axis_(options.axis) {
  values_ = Widened(options.values, axis_);
  if (axis_ == Axis::kLog) {
    ticks_ = LogTicks(values_, options.ticks);
  } else {
    const double step = NiceStep(values_.high - values_.low, options.ticks);
    ticks_ = LinearTicks(values_, std::max(step, options.step_min));
  }
  if (!options.whole_ticks) {
    std::erase_if(ticks_, [this](double t) { return t < values_.low || t > values_.high; });
  } else {
    values_.low = std::min(values_.low, ticks_.front());
    values_.high = std::max(values_.high, ticks_.back());
  }
}

double Scale::operator()(double value) const {
  const auto turn = [this](double v) { return axis_ == Axis::kLog ? std::log(v) : v; };
  const double share = (turn(value) - turn(values_.low)) / (turn(values_.high) - turn(values_.low));
  return places_.low + share * (places_.high - places_.low);
}

std::string TickLabel(double value) {
  if (std::abs(value) < 1e-12) return "0";
  const bool tiny = std::abs(value) < 1e-3 || std::abs(value) >= 1e5;
  if (!tiny) return fmt::format("{:.6g}", value);
  const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value)) + kSlack));
  return fmt::format("{:.3g}e{}", value / std::pow(10, exponent), exponent);
}

}  // namespace keelrow::report
