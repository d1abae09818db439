#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "report/charts.h"
#include "report/html.h"
#include "report/page.h"
#include "report/sections.h"

namespace keelrow::report {
namespace {

using evaluate::ConfusionMatrix;
using evaluate::Evaluation;

constexpr size_t kClassesMax = 30;  // more cells than that are neither read nor drawn well

/// All classes, or those with most mistakes; in the order of the classes.
std::vector<size_t> ClassesToShow(const ConfusionMatrix& confusion) {
  std::vector<size_t> order(confusion.classes());
  std::iota(order.begin(), order.end(), size_t{0});
  if (order.size() <= kClassesMax) return order;
  std::vector<uint64_t> mistakes;
  for (const size_t c : order) {
    mistakes.push_back(confusion.Support(c) + confusion.Predicted(c) - 2 * confusion.at(c, c));
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return mistakes[a] > mistakes[b]; });
  order.resize(kClassesMax);
  std::sort(order.begin(), order.end());
  return order;
}

std::string PairList(const Evaluation& test) {
  if (test.confused.empty()) return "<p class=\"quiet\">Nothing was confused.</p>";
  std::string rows;
  for (const evaluate::ConfusedPair& pair : test.confused) {
    rows += fmt::format(
        "<li><span class=\"swap\"><b>{}</b> → <b>{}</b></span><span class=\"n\">{}×</span></li>",
        Escape(Shorten(test.classes[pair.truth], 30)),
        Escape(Shorten(test.classes[pair.predicted], 30)), Count(pair.count));
  }
  return "<h3>Most confused</h3><p class=\"quiet\">truth → predicted</p><ol class=\"pairs\">" +
         rows + "</ol>";
}

}  // namespace

std::string ConfusionSection(const ReportInput& input) {
  const Evaluation& test = input.test;
  if (test.classes.empty()) return "";
  const auto shown = ClassesToShow(test.confusion);
  const std::string caption = shown.size() == test.classes.size()
                                  ? ""
                                  : fmt::format("The {} of {} classes with most mistakes.",
                                                shown.size(), test.classes.size());
  return "<div class=\"aside\">" + Figure(DrawConfusion(test, shown), caption) + "<div>" +
         PairList(test) + "</div></div>";
}

}  // namespace keelrow::report
