#include <algorithm>

#include "report/charts.h"
#include "report/page.h"
#include "report/sections.h"

namespace keelrow::report {
namespace {

using History = std::vector<Epoch>;

Series Collect(std::string name, const History& history,
               std::optional<double> (*value)(const Epoch&)) {
  Series series{.name = std::move(name)};
  for (const Epoch& epoch : history) {
    if (const auto y = value(epoch)) series.points.push_back({double(epoch.number), *y});
  }
  return series;
}

/// A loss that falls by more than a factor of 20 shows its end only on a logarithmic axis.
Axis LossAxis(const std::vector<Series>& series) {
  double low = 1e300;
  double high = 0;
  for (const Series& one : series) {
    for (const Point& point : one.points) {
      low = std::min(low, point.y);
      high = std::max(high, point.y);
    }
  }
  return low > 0 && high / low > 20 ? Axis::kLog : Axis::kLinear;
}

std::string LossChart(const ReportInput& input) {
  std::vector<Series> series = {
      Collect("train", input.history, [](const Epoch& e) { return std::optional(e.train_loss); }),
      Collect("validation", input.history, [](const Epoch& e) { return e.validation_loss; })};
  std::erase_if(series, [](const Series& one) { return one.points.empty(); });
  const Axis axis = LossAxis(series);
  LineChart chart{.title = "Loss by epoch",
                  .x_label = "epoch",
                  .y_label = axis == Axis::kLog ? "loss (nats, logarithmic)" : "loss (nats)",
                  .series = std::move(series),
                  .y_axis = axis};
  if (input.best_epoch) {
    chart.x_marked = *input.best_epoch;
    chart.mark_label = "weights kept";
  }
  return Figure(DrawLines(chart), "");
}

constexpr Svg::Size kHalf = {.width = 414, .height = 220};

std::string AccuracyChart(const History& history) {
  Series series =
      Collect("validation", history, [](const Epoch& e) { return e.validation_accuracy; });
  if (series.points.empty()) return "";
  return Figure(DrawLines({.title = "Validation accuracy by epoch",
                           .x_label = "epoch",
                           .y_label = "validation accuracy",
                           .series = {std::move(series)},
                           .percent = true,
                           .size = kHalf}),
                "");
}

std::string RateChart(const History& history) {
  Series series = Collect("learning rate", history,
                          [](const Epoch& e) { return std::optional(e.learning_rate); });
  return Figure(DrawLines({.title = "Learning rate by epoch",
                           .x_label = "epoch",
                           .y_label = "learning rate at the epoch's end",
                           .series = {std::move(series)},
                           .size = kHalf}),
                "");
}

}  // namespace

std::string CurvesSection(const ReportInput& input) {
  if (input.history.empty()) return "";
  return LossChart(input) + "<div class=\"pair\">" + AccuracyChart(input.history) +
         RateChart(input.history) + "</div>";
}

}  // namespace keelrow::report
