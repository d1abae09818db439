#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/charts.h"
#include "report/html.h"

namespace keelrow::report {
namespace {

constexpr double kPlot = 500;  // the matrix without its labels
constexpr size_t kLabelColumns = 18;
constexpr double kDarkCell = 0.8;   // from here on the page's text colour would not be read
constexpr size_t kNumbersMax = 24;  // above this a cell is too small for its count

/// What the drawing of every cell needs to know.
struct Matrix {
  const evaluate::Evaluation& evaluation;
  const std::vector<size_t>& shown;
  double cell;
  Point origin;
  double confused_max;  // the largest count off the diagonal
};

double LabelWidth(const Matrix& matrix) {
  size_t longest = 1;
  for (const size_t c : matrix.shown) {
    longest = std::max(longest, Shorten(matrix.evaluation.classes[c], kLabelColumns).size());
  }
  return 7.2 * static_cast<double>(longest);
}

double ConfusedMax(const evaluate::Evaluation& evaluation, const std::vector<size_t>& shown) {
  uint64_t largest = 1;
  for (const size_t truth : shown) {
    for (const size_t c : shown) {
      if (c != truth) largest = std::max(largest, evaluation.confusion.at(truth, c));
    }
  }
  return static_cast<double>(largest);
}

/// Correct cells by their share of the row, confused ones by the root of their count: one mistake
/// among a thousand must still be seen.
double Opacity(const Matrix& matrix, size_t truth, size_t predicted) {
  const auto& confusion = matrix.evaluation.confusion;
  const auto count = static_cast<double>(confusion.at(truth, predicted));
  if (count == 0) return 0;
  if (truth != predicted) return 0.14 + 0.86 * std::sqrt(count / matrix.confused_max);
  return 0.1 + 0.9 * count / static_cast<double>(confusion.Support(truth));
}

void DrawCell(Svg& svg, const Matrix& matrix, size_t row, size_t column) {
  const size_t truth = matrix.shown[row];
  const size_t predicted = matrix.shown[column];
  const uint64_t count = matrix.evaluation.confusion.at(truth, predicted);
  if (count == 0) return;
  const double opacity = Opacity(matrix, truth, predicted);
  const Point corner{matrix.origin.x + matrix.cell * static_cast<double>(column),
                     matrix.origin.y + matrix.cell * static_cast<double>(row)};
  const auto& labels = matrix.evaluation.classes;
  svg.Rect({corner.x + 0.5, corner.y + 0.5, matrix.cell - 1, matrix.cell - 1},
           {.css_class = truth == predicted ? "hit" : "miss",
            .opacity = opacity,
            .tip = fmt::format("{} taken for {}: {}", labels[truth], labels[predicted], count)});
  if (matrix.shown.size() > kNumbersMax) return;
  svg.Text({corner.x + matrix.cell / 2, corner.y + matrix.cell / 2 + 4}, std::to_string(count),
           {.css_class = opacity > kDarkCell ? "cell on" : "cell", .anchor = "middle"});
}

void DrawLabels(Svg& svg, const Matrix& matrix) {
  const bool turned = LabelWidth(matrix) > matrix.cell - 6;
  const double side = matrix.cell * static_cast<double>(matrix.shown.size());
  for (size_t i = 0; i < matrix.shown.size(); ++i) {
    const std::string& label = matrix.evaluation.classes[matrix.shown[i]];
    const double middle = matrix.cell * (static_cast<double>(i) + 0.5);
    svg.Text({matrix.origin.x - 10, matrix.origin.y + middle + 4}, Shorten(label, kLabelColumns),
             {.css_class = "class", .anchor = "end", .tip = label});
    svg.Text(
        {matrix.origin.x + middle + (turned ? 4 : 0), matrix.origin.y + side + (turned ? 10 : 20)},
        Shorten(label, kLabelColumns),
        {.css_class = "class",
         .anchor = turned ? "end" : "middle",
         .turn_degrees = turned ? -60.0 : 0.0,
         .tip = label});
  }
}

void DrawRamp(Svg& svg, Point at, std::string_view css_class, std::string_view name) {
  constexpr int kSteps = 6;
  for (int i = 0; i < kSteps; ++i) {
    svg.Rect({at.x + 14.0 * i, at.y - 10, 13, 11},
             {.css_class = css_class, .opacity = 0.14 + 0.86 * i / (kSteps - 1)});
  }
  svg.Text({at.x + 14 * kSteps + 6, at.y}, name, {});
}

void DrawAxisNames(Svg& svg, const Matrix& matrix, Svg::Size size) {
  const double middle = kPlot / 2;
  svg.Text({12, matrix.origin.y + middle}, "truth",
           {.css_class = "name", .anchor = "middle", .turn_degrees = -90});
  svg.Text({matrix.origin.x + middle, size.height - 34}, "predicted",
           {.css_class = "name", .anchor = "middle"});
  DrawRamp(svg, {matrix.origin.x, size.height - 6}, "hit", "correct, 0 to 100\u202F% of its row");
  DrawRamp(svg, {matrix.origin.x + 300, size.height - 6}, "miss",
           fmt::format("confused, 0 to {}", matrix.confused_max));
}

}  // namespace

std::string DrawConfusion(const evaluate::Evaluation& evaluation,
                          const std::vector<size_t>& shown) {
  Matrix matrix{.evaluation = evaluation,
                .shown = shown,
                .cell = kPlot / static_cast<double>(shown.size()),
                .origin = {},
                .confused_max = ConfusedMax(evaluation, shown)};
  const double label_width = LabelWidth(matrix);
  matrix.origin = {label_width + 38, 2};
  const bool turned = label_width > matrix.cell - 6;
  const Svg::Size size{.width = matrix.origin.x + kPlot + 2,
                       .height = kPlot + (turned ? label_width : 20) + 66};
  Svg svg(size, "Confusion matrix: truth in rows, prediction in columns");
  svg.Rect({matrix.origin.x, matrix.origin.y, kPlot, kPlot}, {.css_class = "plot"});
  for (size_t row = 0; row < shown.size(); ++row) {
    for (size_t column = 0; column < shown.size(); ++column) DrawCell(svg, matrix, row, column);
  }
  DrawLabels(svg, matrix);
  DrawAxisNames(svg, matrix, size);
  return std::move(svg).Finish();
}

}  // namespace keelrow::report
