#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "report/charts.h"
#include "report/html.h"
#include "report/sections.h"

namespace keelrow::report {
namespace {

constexpr size_t kBarsMax = 30;  // of more classes, the largest and the smallest half as many
constexpr size_t kQuarantinedMax = 200;

uint64_t Total(const SubsetCounts& subset) {
  return std::accumulate(subset.per_class.begin(), subset.per_class.end(), uint64_t{0});
}

BarRow RowOf(const DatasetSummary& data, size_t c) {
  BarRow row{.label = data.classes[c]};
  for (const SubsetCounts& subset : data.subsets) {
    row.values.push_back(static_cast<double>(subset.per_class[c]));
  }
  return row;
}

std::vector<BarRow> RowsOf(const DatasetSummary& data) {
  std::vector<BarRow> rows;
  for (size_t c = 0; c < data.classes.size(); ++c) rows.push_back(RowOf(data, c));
  if (rows.size() <= kBarsMax) return rows;
  const auto size = [](const BarRow& r) {
    return std::accumulate(r.values.begin(), r.values.end(), 0.0);
  };
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const BarRow& a, const BarRow& b) { return size(a) > size(b); });
  rows.erase(rows.begin() + kBarsMax / 2, rows.end() - kBarsMax / 2);
  return rows;
}

std::string ClassChart(const DatasetSummary& data) {
  if (data.classes.empty() || data.subsets.empty()) return "";
  BarChart chart{.title = "Examples by class and subset", .x_label = "examples"};
  for (const SubsetCounts& subset : data.subsets) chart.series.push_back(subset.name);
  chart.rows = RowsOf(data);
  const std::string caption =
      chart.rows.size() == data.classes.size()
          ? ""
          : fmt::format("The {0} largest and the {0} smallest of {1} classes.", kBarsMax / 2,
                        data.classes.size());
  return Figure(DrawBars(chart), caption);
}

std::string SubsetFacts(const DatasetSummary& data) {
  std::vector<Fact> facts;
  uint64_t total = 0;
  for (const SubsetCounts& subset : data.subsets) {
    total += Total(subset);
    facts.push_back({subset.name, Count(Total(subset))});
  }
  facts.insert(facts.begin(), {"examples", Count(total)});
  facts.push_back({"classes", Count(data.classes.size())});
  facts.push_back({"set hash", data.set_hash});
  return FactList(facts);
}

std::string QualityTable(const std::vector<QualityCheck>& quality) {
  if (quality.empty()) return "";
  std::string rows;
  for (const QualityCheck& check : quality) {
    rows += fmt::format(
        "<tr><td><code>{}</code></td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td>"
        "</tr>",
        Escape(check.name), Escape(check.value), Escape(check.limit),
        Verdict(check.passed, check.passed ? "passed" : "not passed"));
  }
  return "<h3>Quality</h3><div class=\"scroll\"><table><thead><tr><th>Check</th>"
         "<th class=\"n\">Measured</th><th class=\"n\">Limit</th><th>Verdict</th></tr></thead>"
         "<tbody>" +
         rows + "</tbody></table></div>";
}

std::string CleaningFacts(const std::vector<Fact>& cleaning) {
  return cleaning.empty() ? "" : "<h3>Cleaning</h3>" + FactList(cleaning);
}

std::string QuarantineList(const std::vector<Quarantined>& quarantined) {
  if (quarantined.empty()) return "";
  std::string rows;
  const size_t shown = std::min(quarantined.size(), kQuarantinedMax);
  for (size_t i = 0; i < shown; ++i) {
    rows += fmt::format("<tr><td class=\"label\"><code>{}</code></td><td>{}</td></tr>",
                        Escape(quarantined[i].id), Escape(quarantined[i].reason));
  }
  if (shown < quarantined.size()) {
    rows += fmt::format("<tr><td colspan=\"2\">and {} more</td></tr>",
                        Count(quarantined.size() - shown));
  }
  return fmt::format(
      "<details{}><summary>{} set aside</summary><div class=\"scroll\"><table><thead><tr>"
      "<th>Example</th><th>Reason</th></tr></thead><tbody>{}</tbody></table></div></details>",
      quarantined.size() <= 10 ? " open" : "",
      quarantined.size() == 1 ? "1 example" : Count(quarantined.size()) + " examples", rows);
}

}  // namespace

std::string DataSection(const ReportInput& input) {
  const DatasetSummary& data = input.data;
  return ClassChart(data) + SubsetFacts(data) + QualityTable(data.quality) +
         CleaningFacts(data.cleaning) + QuarantineList(data.quarantined);
}

}  // namespace keelrow::report
