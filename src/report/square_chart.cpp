#include "report/charts.h"
#include "report/html.h"

namespace keelrow::report {
namespace {

constexpr double kLeft = 56, kTop = 30, kSide = 320;
constexpr double kRight = kLeft + kSide, kBottom = kTop + kSide;
constexpr double kWidth = kRight + 24, kHeight = kBottom + 46;
constexpr size_t kColours = 4;

struct Frame {
  Scale x;
  Scale y;

  Point operator()(const Point& point) const { return {x(point.x), y(point.y)}; }
};

Frame FrameOf(const SquareChart& chart) {
  return {.x = Scale({.values = chart.x, .places = {kLeft, kRight}}),
          .y = Scale({.values = chart.y, .places = {kBottom, kTop}})};
}

std::string Label(double share) {
  return TickLabel(100 * share) + "\u202F%";
}

void DrawAxes(Svg& svg, const Frame& frame, const SquareChart& chart) {
  for (const double tick : frame.y.ticks()) {
    svg.Line({{kLeft, frame.y(tick)}, {kRight, frame.y(tick)}}, {.css_class = "grid"});
    svg.Text({kLeft - 8, frame.y(tick) + 4}, Label(tick), {.anchor = "end"});
  }
  for (const double tick : frame.x.ticks()) {
    svg.Text({frame.x(tick), kBottom + 18}, Label(tick), {.anchor = "middle"});
  }
  svg.Line({{kLeft, kBottom}, {kRight, kBottom}}, {.css_class = "axis"});
  svg.Text({0, 14}, chart.y_label, {.css_class = "name"});
  svg.Text({(kLeft + kRight) / 2, kHeight - 6}, chart.x_label,
           {.css_class = "name", .anchor = "middle"});
}

void DrawCurve(Svg& svg, const Frame& frame, const Series& series, const std::string& css_class) {
  std::vector<Point> places;
  for (const Point& point : series.points) places.push_back(frame(point));
  svg.Polyline(places, {.css_class = css_class, .tip = series.name});
}

}  // namespace

std::string DrawSquare(const SquareChart& chart) {
  const Frame frame = FrameOf(chart);
  Svg svg({.width = kWidth, .height = kHeight}, chart.title);
  DrawAxes(svg, frame, chart);
  constexpr double kStroke = 2;  // lines along the edge stay whole
  svg.Clip({kLeft - kStroke, kTop - kStroke, kSide + 2 * kStroke, kSide + 2 * kStroke});
  if (chart.diagonal) svg.Line({frame({0, 0}), frame({1, 1})}, {.css_class = "mark"});
  // The first ones last, so that they lie on top.
  for (size_t i = chart.series.size(); i-- > 0;) {
    DrawCurve(svg, frame, chart.series[i], i < kColours ? "line " + SeriesClass(i) : "line other");
  }
  svg.Unclip();
  return std::move(svg).Finish();
}

std::string LineSample(size_t index) {
  Svg svg({.width = 26, .height = 8}, "");
  const std::string css_class = "line " + SeriesClass(index);
  svg.Line({{2, 4}, {24, 4}}, {.css_class = css_class});
  return std::move(svg).Finish();
}

}  // namespace keelrow::report
