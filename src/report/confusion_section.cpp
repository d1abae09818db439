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
constexpr size_t kPairsMax = 8;

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

struct Pair {
  size_t truth;
  size_t predicted;
  uint64_t count;
};

std::vector<Pair> MostConfused(const ConfusionMatrix& confusion) {
  std::vector<Pair> pairs;
  for (size_t truth = 0; truth < confusion.classes(); ++truth) {
    for (size_t c = 0; c < confusion.classes(); ++c) {
      if (c != truth && confusion.at(truth, c) > 0)
        pairs.push_back({truth, c, confusion.at(truth, c)});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& a, const Pair& b) { return a.count > b.count; });
  if (pairs.size() > kPairsMax) pairs.resize(kPairsMax);
  return pairs;
}

std::string PairList(const Evaluation& test) {
  const auto pairs = MostConfused(test.confusion);
  if (pairs.empty()) return "<p class=\"quiet\">Nothing was confused.</p>";
  std::string rows;
  for (const Pair& pair : pairs) {
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
