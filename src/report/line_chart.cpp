#include <fmt/format.h>

#include <algorithm>

#include "report/charts.h"
#include "report/html.h"

namespace keelrow::report {
namespace {

constexpr double kLeft = 64, kRight = 20, kTop = 34, kBottom = 46;
constexpr size_t kDotsMax = 60;  // more would merge into the line

Range RangeOf(const LineChart& chart, double Point::*coordinate) {
  std::optional<Range> range;
  for (const Series& series : chart.series) {
    for (const Point& point : series.points) {
      const double value = point.*coordinate;
      range = range ? Range{std::min(range->low, value), std::max(range->high, value)}
                    : Range{value, value};
    }
  }
  return range.value_or(Range{});
}

struct Frame {
  Scale x;
  Scale y;
  Svg::Size size;
};

Frame FrameOf(const LineChart& chart) {
  const auto& [width, height] = chart.size;
  return {.x = Scale({.values = RangeOf(chart, &Point::x),
                      .places = {kLeft, width - kRight},
                      .ticks = static_cast<int>(width / 45),
                      .step_min = 1,
                      .whole_ticks = false}),
          .y = Scale({.values = RangeOf(chart, &Point::y),
                      .places = {height - kBottom, kTop},
                      .axis = chart.y_axis,
                      .ticks = 4}),
          .size = chart.size};
}

std::string YLabel(const LineChart& chart, double value) {
  return chart.percent ? TickLabel(100 * value) + "\u202F%" : TickLabel(value);
}

void DrawAxes(Svg& svg, const Frame& frame, const LineChart& chart) {
  const double right = frame.size.width - kRight;
  const double bottom = frame.size.height - kBottom;
  for (const double tick : frame.y.ticks()) {
    const double y = frame.y(tick);
    svg.Line({{kLeft, y}, {right, y}}, {.css_class = "grid"});
    svg.Text({kLeft - 8, y + 4}, YLabel(chart, tick), {.anchor = "end"});
  }
  for (const double tick : frame.x.ticks()) {
    const double x = frame.x(tick);
    svg.Line({{x, bottom}, {x, bottom + 4}}, {.css_class = "axis"});
    svg.Text({x, bottom + 18}, TickLabel(tick), {.anchor = "middle"});
  }
  svg.Line({{kLeft, bottom}, {right, bottom}}, {.css_class = "axis"});
  svg.Text({(kLeft + right) / 2, frame.size.height - 8}, chart.x_label,
           {.css_class = "name", .anchor = "middle"});
  svg.Text({0, 14}, chart.y_label, {.css_class = "name"});
}

void DrawMark(Svg& svg, const Frame& frame, const LineChart& chart) {
  if (!chart.x_marked) return;
  const double x = frame.x(*chart.x_marked);
  const bool on_right = x > frame.size.width * 0.7;
  svg.Line({{x, kTop}, {x, frame.size.height - kBottom}}, {.css_class = "mark"});
  svg.Text({on_right ? x - 6 : x + 6, kTop + 10}, chart.mark_label,
           {.anchor = on_right ? "end" : "start"});
}

void DrawSeries(Svg& svg, const Frame& frame, const LineChart& chart, size_t index) {
  const Series& series = chart.series[index];
  const std::string css_class = SeriesClass(index);
  std::vector<Point> places;
  for (const Point& point : series.points) places.push_back({frame.x(point.x), frame.y(point.y)});
  const std::string line_class = "line " + css_class;
  svg.Polyline(places, {.css_class = line_class});
  if (places.size() > kDotsMax) return;
  const std::string dot_class = "dot " + css_class;
  for (size_t i = 0; i < places.size(); ++i) {
    const Point& point = series.points[i];
    const std::string value = chart.percent ? Percent(point.y) : Number(point.y);
    svg.Dot(places[i], {.css_class = dot_class,
                        .tip = fmt::format("{} {}: {} {}", chart.x_label, TickLabel(point.x),
                                           series.name, value)});
  }
}

}  // namespace

std::string DrawLines(const LineChart& chart) {
  const Frame frame = FrameOf(chart);
  Svg svg(chart.size, chart.title);
  DrawAxes(svg, frame, chart);
  DrawMark(svg, frame, chart);
  for (size_t i = 0; i < chart.series.size(); ++i) DrawSeries(svg, frame, chart, i);
  if (chart.series.size() > 1) {
    std::vector<std::string> names;
    for (const Series& series : chart.series) names.push_back(series.name);
    DrawLegend(svg, {frame.size.width - kRight - 110.0 * static_cast<double>(names.size()), 14},
               names);
  }
  return std::move(svg).Finish();
}

}  // namespace keelrow::report
