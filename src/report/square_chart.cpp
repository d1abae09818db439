#include "report/charts.h"
#include "report/html.h"

namespace keelrow::report {
namespace {

constexpr double kLeft = 56, kTop = 30, kSide = 320;
constexpr double kWidth = kLeft + kSide + 24;
constexpr double kHeight = kTop + kSide + 46;
constexpr size_t kNamed = 4;

Point Place(const Point& point) {
  return {kLeft + kSide * point.x, kTop + kSide * (1 - point.y)};
}

void DrawAxes(Svg& svg, const SquareChart& chart) {
  for (int i = 0; i <= 5; ++i) {
    const double share = i / 5.0;
    const double y = Place({0, share}).y;
    svg.Line({{kLeft, y}, {kLeft + kSide, y}}, {.css_class = i == 0 ? "axis" : "grid"});
    svg.Text({kLeft - 8, y + 4}, Percent(share, 0), {.anchor = "end"});
    svg.Text({Place({share, 0}).x, kTop + kSide + 18}, Percent(share, 0), {.anchor = "middle"});
  }
  svg.Text({0, 14}, chart.y_label, {.css_class = "name"});
  svg.Text({kLeft + kSide / 2, kHeight - 6}, chart.x_label,
           {.css_class = "name", .anchor = "middle"});
}

void DrawCurve(Svg& svg, const Series& series, const std::string& css_class) {
  std::vector<Point> places;
  for (const Point& point : series.points) places.push_back(Place(point));
  svg.Polyline(places, {.css_class = css_class, .tip = series.name});
}

}  // namespace

std::string DrawSquare(const SquareChart& chart) {
  Svg svg({.width = kWidth, .height = kHeight}, chart.title);
  DrawAxes(svg, chart);
  if (chart.diagonal) svg.Line({Place({0, 0}), Place({1, 1})}, {.css_class = "mark"});
  // The first ones last, so that they lie on top.
  for (size_t i = chart.series.size(); i-- > 0;) {
    DrawCurve(svg, chart.series[i], i < kNamed ? "line " + SeriesClass(i) : "line other");
  }
  return std::move(svg).Finish();
}

std::string LineSample(size_t index) {
  Svg svg({.width = 26, .height = 8}, "");
  const std::string css_class = "line " + SeriesClass(index);
  svg.Line({{2, 4}, {24, 4}}, {.css_class = css_class});
  return std::move(svg).Finish();
}

}  // namespace keelrow::report
