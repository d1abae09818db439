#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/html.h"
#include "report/page.h"
#include "report/sections.h"

namespace keelrow::report {
namespace {

using evaluate::Evaluation;
using evaluate::Interval;
using evaluate::Slice;

constexpr size_t kOpenRows = 25;  // the rest is folded away
constexpr double kSignificant = 0.05;

/// The bars' axis ends at 100 % and begins at the ten per cent below all intervals.
double AxisLow(const std::vector<Slice>& slices) {
  double low = 0.9;
  for (const Slice& slice : slices) low = std::min(low, slice.AccuracyInterval().low);
  return std::floor(low * 10) / 10;
}

struct Context {
  double axis_low = 0;
  double overall = 0;  // accuracy

  double Place(double share) const { return 100 * (share - axis_low) / (1 - axis_low); }
};

enum class Difference { kWorse, kBetter, kNone };

Difference DifferenceOf(const Slice& slice, double overall) {
  if (slice.p_value >= kSignificant) return Difference::kNone;
  return slice.Accuracy() < overall ? Difference::kWorse : Difference::kBetter;
}

std::string Judgement(const Slice& slice, double overall) {
  const Difference difference = DifferenceOf(slice, overall);
  if (difference == Difference::kNone) return "<span class=\"quiet\">may be chance</span>";
  const bool better = difference == Difference::kBetter;
  const std::string p =
      slice.p_value < 0.001 ? "p < 0.001" : fmt::format("p = {:.3f}", slice.p_value);
  return Verdict(better, fmt::format("{}, {}", better ? "better" : "worse", p));
}

std::string NameOf(const Slice& slice) {
  if (slice.pooled > 0) return fmt::format("<i>{} rare values</i>", Count(slice.pooled));
  if (slice.value.empty()) return "<i>missing</i>";
  return Escape(slice.value);
}

/// The interval as a pale bar, the accuracy as its mark, the accuracy of all as a line through the
/// whole column.
std::string Bar(const Slice& slice, const Context& context) {
  const Interval interval = slice.AccuracyInterval();
  const double low = context.Place(interval.low);
  const bool worse = DifferenceOf(slice, context.overall) == Difference::kWorse;
  return fmt::format(
      "<svg class=\"interval {}\" viewBox=\"0 0 100 14\" preserveAspectRatio=\"none\" "
      "aria-hidden=\"true\"><rect y=\"4\" width=\"100\" height=\"6\" class=\"track\"/>"
      "<rect x=\"{:.2f}\" y=\"4\" width=\"{:.2f}\" height=\"6\" class=\"gap\"/>"
      "<rect x=\"{:.2f}\" y=\"2\" width=\"1\" height=\"10\" class=\"fill\"/>"
      "<line x1=\"{:.2f}\" x2=\"{:.2f}\" y1=\"0\" y2=\"14\" class=\"all\"/></svg>",
      worse ? "s1" : "s0", low, context.Place(interval.high) - low,
      context.Place(slice.Accuracy()) - 0.5, context.Place(context.overall),
      context.Place(context.overall));
}

std::string Row(const Slice& slice, const Context& context) {
  const Interval interval = slice.AccuracyInterval();
  return fmt::format(
      "<tr><td class=\"label\"><span class=\"quiet\">{}</span> {}</td><td class=\"n\">{}</td>"
      "<td class=\"n strong\">{}</td><td class=\"n span quiet\">{:.1f} to {}</td>"
      "<td class=\"bar\">{}</td><td>{}</td></tr>",
      Escape(slice.column), NameOf(slice), Count(slice.examples), Percent(slice.Accuracy(), 1),
      100 * interval.low, Percent(interval.high, 1), Bar(slice, context),
      Judgement(slice, context.overall));
}

std::string Table(const std::string& rows, const Context& context) {
  return fmt::format(
      "<div class=\"scroll\"><table class=\"slices\"><thead><tr><th>Slice</th>"
      "<th class=\"n\">Examples</th><th class=\"n\">Accuracy</th>"
      "<th class=\"n span\">95\u202F% interval</th>"
      "<th class=\"bar\"><span class=\"ends\"><span>{}</span><span>{}</span></span></th>"
      "<th>Against the rest</th></tr></thead><tbody>{}</tbody></table></div>",
      Percent(context.axis_low, 0), Percent(1, 0), rows);
}

std::string Key(const Evaluation& test, double overall) {
  return fmt::format(
      "<p class=\"quiet\">The line is the accuracy of all, {}. Worse and better: Fisher's exact "
      "test of a slice against all other examples, p below 0.05 after Holm's adjustment for {} "
      "slices. Values with fewer than {} examples are pooled.</p>",
      Percent(overall, 1), test.slices.size(), evaluate::kSliceExamplesMin);
}

}  // namespace

std::string SlicesSection(const ReportInput& input) {
  const Evaluation& test = input.test;
  if (test.slices.empty()) return "";
  const Context context{.axis_low = AxisLow(test.slices), .overall = test.metrics.at("accuracy")};
  std::string open;
  std::string folded;
  for (size_t i = 0; i < test.slices.size(); ++i) {
    (i < kOpenRows ? open : folded) += Row(test.slices[i], context);
  }
  std::string body = Table(open, context);
  if (!folded.empty()) {
    body += fmt::format("<details><summary>The other {} slices</summary>{}</details>",
                        test.slices.size() - kOpenRows, Table(folded, context));
  }
  return body + Key(test, context.overall);
}

}  // namespace keelrow::report
