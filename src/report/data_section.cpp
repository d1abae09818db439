#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "report/charts.h"
#include "report/data_parts.h"
#include "report/html.h"
#include "report/page.h"
#include "report/sections.h"

namespace keelrow::report {
namespace {

constexpr size_t kBarsMax = 30;  // of more classes, the largest and the smallest half as many

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

}  // namespace

std::string DataSection(const ReportInput& input) {
  const DatasetSummary& data = input.data;
  return ClassChart(data) + SubsetFacts(data) + QualityTable(data.quality) +
         CleaningFacts(data.cleaning) + QuarantineList(data.quarantined);
}

}  // namespace keelrow::report
