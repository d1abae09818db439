#include <fmt/format.h>

#include "base/text.h"
#include "evaluate/metrics.h"
#include "report/html.h"
#include "report/page.h"
#include "report/sections.h"

namespace keelrow::report {
namespace {

using evaluate::Evaluation;
using evaluate::Metric;

/// Log loss is in nats; all other metrics are shares.
std::string MetricValue(const Metric& metric, double value) {
  return metric.name == "log_loss" ? Number(value) : Percent(value);
}

std::string Tile(std::string_view name, std::string_view value, std::string_view note) {
  return fmt::format("<div class=\"tile\"><h3>{}</h3><strong>{}</strong><p>{}</p></div>",
                     Escape(name), Escape(value), Escape(note));
}

std::string MetricTile(const Evaluation& test, std::string_view name, std::string_view note) {
  const auto value = test.metrics.find(std::string(name));
  const Metric* metric = evaluate::FindMetric(name);
  if (value == test.metrics.end() || metric == nullptr) return "";
  return Tile(metric->title, MetricValue(*metric, value->second), note);
}

std::string Tiles(const ReportInput& input) {
  const Evaluation& test = input.test;
  const uint64_t wrong = test.examples() - test.confusion.Correct();
  const auto& [low, high] = test.accuracy_interval;
  const std::string interval =
      fmt::format("95\u202F% interval {:.2f} to {}", 100 * low, Percent(high));
  return "<div class=\"tiles\">" + MetricTile(test, "accuracy", interval) +
         MetricTile(test, "macro_f1", fmt::format("over {} classes", test.classes.size())) +
         Tile("Mistakes", Count(wrong), fmt::format("of {} examples", Count(test.examples()))) +
         MetricTile(test, "ece", "confidence to accuracy") +
         Tile("Model", HumanBytes(static_cast<double>(input.model.bytes)),
              fmt::format("{} parameters", Count(input.model.parameters))) +
         "</div>";
}

std::string GateTable(const std::vector<GateCondition>& gate) {
  if (gate.empty()) return "";
  std::string rows;
  for (const GateCondition& row : gate) {
    rows += fmt::format("<tr><td><code>{}</code></td><td class=\"n\">{}</td><td>{}</td></tr>",
                        Escape(row.condition), Escape(row.value),
                        Verdict(row.passed, row.passed ? "passed" : "not passed"));
  }
  return "<h3>Gate</h3><div class=\"scroll\"><table><thead><tr><th>Condition</th>"
         "<th class=\"n\">Measured</th><th>Verdict</th></tr></thead><tbody>" +
         rows + "</tbody></table></div>";
}

std::string ValueOf(const Evaluation& evaluation, const Metric& metric) {
  const auto value = evaluation.metrics.find(std::string(metric.name));
  return value == evaluation.metrics.end() ? "" : MetricValue(metric, value->second);
}

std::string MetricsTable(const ReportInput& input) {
  std::string rows;
  for (const Metric& metric : evaluate::MetricsTable()) {
    const std::string test = ValueOf(input.test, metric);
    if (test.empty()) continue;
    rows += fmt::format("<tr><td>{}<small>{}</small></td><td class=\"n\">{}</td>", metric.title,
                        Escape(metric.help), test);
    if (input.validation) {
      rows += fmt::format("<td class=\"n\">{}</td>", ValueOf(*input.validation, metric));
    }
    rows += "</tr>";
  }
  return fmt::format(
      "<h3>All metrics</h3><div class=\"scroll\"><table class=\"metrics\"><thead><tr>"
      "<th>Metric</th><th class=\"n\">Test</th>{}</tr></thead><tbody>{}</tbody></table></div>",
      input.validation ? "<th class=\"n\">Validation</th>" : "", rows);
}

}  // namespace

std::string HeadlineSection(const ReportInput& input) {
  return Tiles(input) + GateTable(input.gate) + MetricsTable(input);
}

}  // namespace keelrow::report
