#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evaluate/evaluation.h"
#include "report/scale.h"
#include "report/svg.h"

namespace keelrow::report {

/// The drawings of the report: each function turns plain numbers into one complete <svg>. Colours
/// are those of Okabe and Ito, told apart by all common forms of colour blindness; where two series
/// meet, their marks or dashes differ too.

struct Series {
  std::string name;
  std::vector<Point> points;  // in order of x
};

struct LineChart {
  std::string title;
  std::string x_label;
  std::string y_label;
  std::vector<Series> series;  // at most 4
  Axis y_axis = Axis::kLinear;
  bool percent = false;            // y are shares, shown as percentages
  std::optional<double> x_marked;  // an x that matters, such as the best epoch
  std::string mark_label = {};
  Svg::Size size = {.width = 860, .height = 300};
};
std::string DrawLines(const LineChart& chart);

struct BarRow {
  std::string label;
  std::vector<double> values;  // one for each name in BarChart::series
};

struct BarChart {
  std::string title;
  std::string x_label;
  std::vector<std::string> series;  // at most 4
  std::vector<BarRow> rows;
  bool stacked = true;  // else each value is a bar of its own, one below the other
};
std::string DrawBars(const BarChart& chart);

struct SquareChart {
  std::string title;
  std::string x_label;
  std::string y_label;
  Range x;
  Range y;
  std::vector<Series> series;  // shares; the first 4 in colours, the others gray
  bool diagonal = false;
};
/// Curves of shares by shares, clipped to the ranges. Names are tooltips: the caller shows those of
/// the first 4.
std::string DrawSquare(const SquareChart& chart);
/// A short line as DrawSquare draws that series, for a row about it.
std::string LineSample(size_t index);

/// Truth in rows, prediction in columns. Only the classes of `shown`, indices in ascending order.
std::string DrawConfusion(const evaluate::Evaluation& evaluation, const std::vector<size_t>& shown);

/// Confidence against accuracy with the diagonal, and how many predictions each bin holds.
std::string DrawReliability(const std::vector<evaluate::ReliabilityBin>& bins);

/// Names with a colour sample each, in one line from `at` to the right.
void DrawLegend(Svg& svg, Point at, const std::vector<std::string>& names);
/// "s0" … "s3".
std::string SeriesClass(size_t index);

}  // namespace keelrow::report
