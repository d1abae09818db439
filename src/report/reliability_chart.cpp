#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/charts.h"
#include "report/html.h"

namespace keelrow::report {
namespace {

using evaluate::ReliabilityBin;

constexpr double kLeft = 56, kTop = 30, kSide = 320, kGap = 34, kCounts = 84;
constexpr double kWidth = kLeft + kSide + 24;
constexpr double kHeight = kTop + kSide + kGap + kCounts + 46;
constexpr uint64_t kFew = 10;  // a bin with fewer predictions is drawn pale: it proves little

double PlaceX(double share) {
  return kLeft + kSide * share;
}
double PlaceY(double share) {
  return kTop + kSide * (1 - share);
}

void DrawGrid(Svg& svg) {
  for (int i = 0; i <= 5; ++i) {
    const double share = i / 5.0;
    svg.Line({{kLeft, PlaceY(share)}, {kLeft + kSide, PlaceY(share)}},
             {.css_class = i == 0 ? "axis" : "grid"});
    svg.Text({kLeft - 8, PlaceY(share) + 4}, Percent(share, 0), {.anchor = "end"});
    svg.Text({PlaceX(share), kHeight - 26}, Percent(share, 0), {.anchor = "middle"});
  }
  svg.Text({0, 14}, "accuracy", {.css_class = "name"});
  svg.Text({kLeft + kSide / 2, kHeight - 6}, "confidence",
           {.css_class = "name", .anchor = "middle"});
}

std::string Describe(const ReliabilityBin& bin) {
  return fmt::format("{} predictions, confidence {}, accuracy {}", Count(bin.count),
                     Percent(bin.confidence, 1), Percent(bin.accuracy, 1));
}

/// Solid up to the lesser of accuracy and confidence; the piece up to the greater one says which
/// of them it is.
void DrawBin(Svg& svg, const ReliabilityBin& bin, Range edges) {
  if (bin.count == 0) return;
  const double x = PlaceX(edges.low) + 1;
  const double width = PlaceX(edges.high) - PlaceX(edges.low) - 2;
  const double opacity = bin.count < kFew ? 0.4 : 1;
  const auto [low, high] = std::minmax(bin.accuracy, bin.confidence);
  svg.Rect({x, PlaceY(low), width, kSide * low},
           {.css_class = "fill s0", .opacity = opacity, .tip = Describe(bin)});
  svg.Rect({x, PlaceY(high), width, kSide * (high - low)},
           {.css_class = bin.accuracy > bin.confidence ? "gap s0" : "gap s1",
            .opacity = opacity,
            .tip = Describe(bin)});
}

/// Counts differ by a thousand times between the sure end and the middle: their axis is a root.
void DrawCount(Svg& svg, const ReliabilityBin& bin, Range edges, uint64_t count_max) {
  const double base = kTop + kSide + kGap + kCounts;
  const double share = std::sqrt(static_cast<double>(bin.count) / static_cast<double>(count_max));
  const double x = PlaceX(edges.low) + 1;
  const double width = PlaceX(edges.high) - PlaceX(edges.low) - 2;
  svg.Rect({x, base - share * (kCounts - 16), width, share * (kCounts - 16)},
           {.css_class = "quiet", .tip = Describe(bin)});
  if (bin.count == 0) return;
  svg.Text({x + width / 2, base - share * (kCounts - 16) - 4}, std::to_string(bin.count),
           {.css_class = "small", .anchor = "middle"});
}

}  // namespace

std::string DrawReliability(const std::vector<ReliabilityBin>& bins) {
  uint64_t count_max = 1;
  for (const ReliabilityBin& bin : bins) count_max = std::max(count_max, bin.count);
  Svg svg({.width = kWidth, .height = kHeight}, "Reliability: accuracy against confidence");
  DrawGrid(svg);
  for (size_t i = 0; i < bins.size(); ++i) {
    const double width = 1.0 / static_cast<double>(bins.size());
    const Range edges{static_cast<double>(i) * width, static_cast<double>(i + 1) * width};
    DrawBin(svg, bins[i], edges);
    DrawCount(svg, bins[i], edges, count_max);
  }
  svg.Line({{PlaceX(0), PlaceY(0)}, {PlaceX(1), PlaceY(1)}}, {.css_class = "mark"});
  const double base = kTop + kSide + kGap + kCounts;
  svg.Line({{kLeft, base}, {kLeft + kSide, base}}, {.css_class = "axis"});
  svg.Text({0, kTop + kSide + kGap + 4}, "predictions", {.css_class = "name"});
  return std::move(svg).Finish();
}

}  // namespace keelrow::report
