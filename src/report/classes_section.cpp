#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "report/html.h"
#include "report/sections.h"

namespace keelrow::report {
namespace {

using evaluate::ClassRanking;
using evaluate::ClassScores;
using evaluate::Evaluation;

constexpr size_t kOpenRows = 25;  // the rest is folded away

std::vector<size_t> WeakestFirst(const Evaluation& test) {
  std::vector<size_t> order(test.classes.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return test.per_class[a].f1 < test.per_class[b].f1; });
  return order;
}

std::string Area(const std::optional<double>& area) {
  return area ? fmt::format("{:.4f}", *area) : "–";
}

/// A meter is drawn by the browser's own means, needs no script and is read aloud with its value.
std::string Row(const std::string& label, const ClassScores& scores, const ClassRanking& ranking) {
  return fmt::format(
      "<tr><td class=\"label\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
      "<td class=\"n\">{}</td><td class=\"bar\"><svg class=\"meter\" viewBox=\"0 0 100 6\" "
      "preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"100\" height=\"6\" "
      "class=\"track\"/><rect width=\"{:.1f}\" height=\"6\" class=\"fill s0\"/></svg></td>"
      "<td class=\"n strong\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
      Escape(label), Count(scores.support), Percent(scores.precision, 1), Percent(scores.recall, 1),
      100 * scores.f1, Percent(scores.f1, 1), Area(ranking.auc), Area(ranking.average_precision));
}

std::string Table(const std::string& rows) {
  return "<div class=\"scroll\"><table class=\"classes\"><thead><tr><th>Class</th>"
         "<th class=\"n\">Examples</th><th class=\"n\">Precision</th><th class=\"n\">Recall</th>"
         "<th colspan=\"2\">F1</th><th class=\"n\">ROC AUC</th>"
         "<th class=\"n\">Average precision</th></tr></thead><tbody>" +
         rows + "</tbody></table></div>";
}

}  // namespace

std::string ClassesSection(const ReportInput& input) {
  const Evaluation& test = input.test;
  if (test.classes.empty()) return "";
  std::string open;
  std::string folded;
  size_t written = 0;
  for (const size_t c : WeakestFirst(test)) {
    (written++ < kOpenRows ? open : folded) +=
        Row(test.classes[c], test.per_class[c], test.ranking[c]);
  }
  if (folded.empty()) return Table(open);
  return Table(open) + fmt::format("<details><summary>The other {} classes</summary>{}</details>",
                                   test.classes.size() - kOpenRows, Table(folded));
}

}  // namespace keelrow::report
