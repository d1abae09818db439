#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "report/charts.h"
#include "report/html.h"

namespace keelrow::report {
namespace {

constexpr double kWidth = 860, kTop = 30, kBottom = 46, kRow = 24, kBar = 14, kThin = 11;
constexpr size_t kLabelColumns = 24;

double Total(const BarRow& row) {
  return std::accumulate(row.values.begin(), row.values.end(), 0.0);
}

double Longest(const BarChart& chart) {
  double longest = 1;
  for (const BarRow& row : chart.rows) {
    for (const double value : row.values) longest = std::max(longest, value);
    if (chart.stacked) longest = std::max(longest, Total(row));
  }
  return longest;
}

double RowHeight(const BarChart& chart) {
  const auto bars = static_cast<double>(chart.series.size());
  return chart.stacked ? kRow : kRow - kBar + kThin * bars;
}

double LabelWidth(const BarChart& chart) {
  size_t longest = 2;
  for (const BarRow& row : chart.rows) longest = std::max(longest, row.label.size());
  return 14 + 7.2 * static_cast<double>(std::min(longest, kLabelColumns));
}

/// The bars of one row, and their numbers behind them.
void DrawPieces(Svg& svg, const Scale& x, const BarChart& chart, const BarRow& row, double top) {
  const double height = chart.stacked ? kBar : kThin - 1;
  double start = 0;
  for (size_t i = 0; i < row.values.size(); ++i) {
    const double end = start + row.values[i];
    const std::string css_class = "fill " + SeriesClass(i);
    // Half a pixel of air parts the pieces for eyes that do not tell their colours.
    svg.Rect({x(start), top, std::max(0.0, x(end) - x(start) - 1), height},
             {.css_class = css_class,
              .tip = fmt::format("{}, {}: {}", row.label, chart.series[i], Number(row.values[i]))});
    if (chart.stacked) {
      start = end;
      continue;
    }
    svg.Text({x(end) + 8, top + height}, Count(static_cast<uint64_t>(end)), {.css_class = "small"});
    top += kThin;
  }
  if (!chart.stacked) return;
  svg.Text({x(start) + 8, top + kBar / 2 + 4}, Count(static_cast<uint64_t>(start)), {});
}

void DrawRow(Svg& svg, const Scale& x, const BarChart& chart, size_t index) {
  const BarRow& row = chart.rows[index];
  const double height = RowHeight(chart);
  const double y = kTop + height * static_cast<double>(index);
  svg.Text({x(0) - 10, y + height / 2 + 4}, Shorten(row.label, kLabelColumns),
           {.css_class = "class", .anchor = "end", .tip = row.label});
  DrawPieces(svg, x, chart, row, y + (kRow - kBar) / 2);
}

void DrawAxis(Svg& svg, const Scale& x, const BarChart& chart) {
  const double bottom = kTop + RowHeight(chart) * static_cast<double>(chart.rows.size());
  for (const double tick : x.ticks()) {
    svg.Line({{x(tick), kTop}, {x(tick), bottom}}, {.css_class = tick == 0 ? "axis" : "grid"});
    svg.Text({x(tick), bottom + 16}, Count(static_cast<uint64_t>(tick)), {.anchor = "middle"});
  }
  svg.Text({(x(0) + kWidth) / 2, bottom + 38}, chart.x_label,
           {.css_class = "name", .anchor = "middle"});
}

}  // namespace

std::string DrawBars(const BarChart& chart) {
  const double left = LabelWidth(chart);
  const Scale x(
      {.values = {0, Longest(chart)}, .places = {left, kWidth - 64}, .ticks = 6, .step_min = 1});
  const double height = kTop + RowHeight(chart) * static_cast<double>(chart.rows.size()) + kBottom;
  Svg svg({.width = kWidth, .height = height}, chart.title);
  DrawAxis(svg, x, chart);
  for (size_t i = 0; i < chart.rows.size(); ++i) DrawRow(svg, x, chart, i);
  DrawLegend(svg, {left, 14}, chart.series);
  return std::move(svg).Finish();
}

void DrawLegend(Svg& svg, Point at, const std::vector<std::string>& names) {
  for (size_t i = 0; i < names.size(); ++i) {
    const double x = at.x + 110 * static_cast<double>(i);
    const std::string css_class = "fill " + SeriesClass(i);
    svg.Rect({x, at.y - 9, 12, 9}, {.css_class = css_class});
    svg.Text({x + 18, at.y}, names[i], {});
  }
}

std::string SeriesClass(size_t index) {
  return fmt::format("s{}", index % 4);
}

}  // namespace keelrow::report
