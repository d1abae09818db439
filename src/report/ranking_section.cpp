#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/charts.h"
#include "report/html.h"
#include "report/page.h"
#include "report/sections.h"

namespace keelrow::report {
namespace {

using evaluate::ClassRanking;
using evaluate::CurvePoint;
using evaluate::Evaluation;

constexpr size_t kNamed = 4;  // as many colours as can be told apart

/// The classes whose curves are kept, lowest average precision first.
std::vector<size_t> DrawnClasses(const Evaluation& test) {
  std::vector<size_t> drawn;
  for (size_t c = 0; c < test.ranking.size(); ++c) {
    if (!test.ranking[c].roc.empty()) drawn.push_back(c);
  }
  std::ranges::stable_sort(drawn, {}, [&](size_t c) { return test.ranking[c].average_precision; });
  return drawn;
}

/// How far a curve stays from the corner where a perfect one turns.
double FromCorner(const std::vector<CurvePoint>& curve, const CurvePoint& corner) {
  double least = 1;
  for (const auto& [x, y] : curve) {
    least = std::min(least, std::max(std::abs(x - corner.x), std::abs(y - corner.y)));
  }
  return least;
}

/// The side of the square at that corner in which all curves turn: of a good model the whole chart
/// would show two straight lines.
double Side(const Evaluation& test, const std::vector<size_t>& drawn) {
  double farthest = 0;
  for (const size_t c : drawn) {
    const ClassRanking& ranking = test.ranking[c];
    farthest = std::max(
        {farthest, FromCorner(ranking.roc, {0, 1}), FromCorner(ranking.precision_recall, {1, 1})});
  }
  for (const double side : {0.05, 0.1, 0.2, 0.5}) {
    if (farthest <= side / 2) return side;
  }
  return 1;
}

std::vector<Point> Joined(const std::vector<CurvePoint>& curve) {
  std::vector<Point> points;
  for (const auto& [x, y] : curve) points.push_back({x, y});
  return points;
}

/// Precision holds for all of a step of recall: so drawn, the area is the average precision.
std::vector<Point> Stepped(const std::vector<CurvePoint>& curve) {
  std::vector<Point> points;
  for (const auto& [x, y] : curve) {
    if (!points.empty()) points.push_back({points.back().x, y});
    points.push_back({x, y});
  }
  return points;
}

std::string Charts(const Evaluation& test, const std::vector<size_t>& drawn, double side) {
  SquareChart roc{.title = "ROC curves by class",
                  .x_label = "false positive rate",
                  .y_label = "true positive rate",
                  .x = {0, side},
                  .y = {1 - side, 1},
                  .diagonal = true};
  SquareChart recall{.title = "Precision-recall curves by class",
                     .x_label = "recall",
                     .y_label = "precision",
                     .x = {1 - side, 1},
                     .y = {1 - side, 1}};
  for (const size_t c : drawn) {
    roc.series.push_back({test.classes[c], Joined(test.ranking[c].roc)});
    recall.series.push_back({test.classes[c], Stepped(test.ranking[c].precision_recall)});
  }
  return "<div class=\"pair\">" + Figure(DrawSquare(roc), "") + Figure(DrawSquare(recall), "") +
         "</div>";
}

std::string Row(std::string_view name, std::string_view examples, std::string_view auc,
                std::string_view precision) {
  return fmt::format(
      "<tr><td class=\"label\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
      "<td class=\"n strong\">{}</td></tr>",
      name, examples, auc, precision);
}

std::string MeanOf(const Evaluation& test, const char* metric) {
  const auto found = test.metrics.find(metric);
  return found == test.metrics.end() ? "" : fmt::format("{:.4f}", found->second);
}

std::string Table(const Evaluation& test, const std::vector<size_t>& drawn) {
  std::string rows;
  for (size_t i = 0; i < std::min(kNamed, drawn.size()); ++i) {
    const ClassRanking& ranking = test.ranking[drawn[i]];
    rows +=
        Row(LineSample(i) + Escape(test.classes[drawn[i]]), Count(test.per_class[drawn[i]].support),
            fmt::format("{:.4f}", *ranking.auc), fmt::format("{:.4f}", *ranking.average_precision));
  }
  rows += Row("Mean over classes", Count(test.examples()), MeanOf(test, "roc_auc"),
              MeanOf(test, "average_precision"));
  return "<div class=\"scroll\"><table class=\"curves\"><thead><tr><th>Lowest</th>"
         "<th class=\"n\">Examples</th><th class=\"n\">ROC AUC</th>"
         "<th class=\"n\">Average precision</th></tr></thead><tbody>" +
         rows + "</tbody></table></div>";
}

std::string Others(const Evaluation& test, size_t drawn) {
  const auto with_area = static_cast<size_t>(std::ranges::count_if(
      test.ranking, [](const ClassRanking& ranking) { return ranking.auc.has_value(); }));
  std::string text;
  if (drawn > kNamed) text += fmt::format("Gray: {} other classes", drawn - kNamed);
  if (drawn < with_area) text += fmt::format(", the next lowest of {}", with_area);
  if (!text.empty()) text += ". ";
  if (with_area < test.classes.size()) {
    const size_t without = test.classes.size() - with_area;
    text += fmt::format("{} of {} classes {} no test example, and no part in the means. ", without,
                        test.classes.size(), without == 1 ? "has" : "have");
  }
  return text;
}

}  // namespace

std::string RankingSection(const ReportInput& input) {
  const Evaluation& test = input.test;
  const std::vector<size_t> drawn = DrawnClasses(test);
  if (drawn.empty()) return "";
  const double side = Side(test, drawn);
  return fmt::format(
      "{}{}<p class=\"quiet\">{}Each class against all others. A perfect model goes through the "
      "upper left corner of the left chart and the upper right one of the right chart{} Where a "
      "class is rare, the right chart shows more.</p>",
      Charts(test, drawn, side), Table(test, drawn), Others(test, drawn.size()),
      side < 1 ? "; only these corners are drawn."
               : ". One that guesses stays on the dashed line.");
}

}  // namespace keelrow::report
