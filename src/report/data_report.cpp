#include "report/data_report.h"

#include <fmt/format.h>

#include <array>
#include <unordered_set>

#include "report/cards.h"
#include "report/charts.h"
#include "report/data_parts.h"
#include "report/html.h"
#include "report/page.h"

namespace keelrow::report {
namespace {

std::string Draw(const Histogram& histogram, bool cleaned) {
  if (histogram.bins.empty()) return "";
  BarChart chart{.title = histogram.name,
                 .x_label = cleaned ? "examples, before and after cleaning" : "examples",
                 .stacked = false};
  chart.series =
      cleaned ? std::vector<std::string>{"before", "after"} : std::vector<std::string>{"examples"};
  for (const Histogram::Bin& bin : histogram.bins) {
    BarRow row{.label = bin.label, .values = {static_cast<double>(bin.before)}};
    if (cleaned) row.values.push_back(static_cast<double>(bin.after));
    chart.rows.push_back(std::move(row));
  }
  return fmt::format("<h3>{}</h3>", Escape(histogram.name)) + Figure(DrawBars(chart), "");
}

std::string Draw(const std::vector<Histogram>& histograms, bool cleaned) {
  std::string drawn;
  for (const Histogram& histogram : histograms) drawn += Draw(histogram, cleaned);
  return drawn;
}

std::string OverviewSection(const DataReportInput& input) {
  return FactList(input.facts) + QualityTable(input.quality) + CleaningFacts(input.cleaning) +
         QuarantineList(input.quarantined);
}

std::string ClassesSection(const DataReportInput& input) {
  return Draw(input.classes, input.cleaned);
}

std::string ColumnsSection(const DataReportInput& input) {
  return Draw(input.columns, input.cleaned);
}

std::string PicturesSection(const DataReportInput& input) {
  return Draw(input.pictures_measured, input.cleaned);
}

/// "set aside" for what is gone after cleaning.
class Marks {
 public:
  explicit Marks(const DataReportInput& input) {
    for (const Quarantined& example : input.quarantined) gone_.insert(example.id);
  }
  std::string operator()(const std::string& id) const {
    return gone_.contains(id) ? "<p class=\"swap wrong\">set aside</p>" : "";
  }

 private:
  std::unordered_set<std::string> gone_;
};

std::string ExamplesSection(const DataReportInput& input) {
  const Marks marks(input);
  std::string body;
  for (const ClassExamples& shown : input.examples) {
    std::string cards;
    for (const std::string& id : shown.ids) cards += CardOf(id, marks(id), input.pictures);
    body += fmt::format("<h3>{}</h3><ul class=\"cards\">{}</ul>", Escape(shown.label), cards);
  }
  return body;
}

std::string FindingsSection(const DataReportInput& input) {
  const Marks marks(input);
  std::string body;
  for (const Finding& finding : input.findings) {
    std::string cards;
    for (const auto& [id, reason] : finding.examples) {
      const std::string caption =
          fmt::format("{}<p class=\"reason\">{}</p>", marks(id), Escape(reason));
      cards += CardOf(id, caption, input.pictures);
    }
    body +=
        fmt::format("<h3><code>{}</code></h3><p class=\"quiet\">{}</p><ul class=\"cards\">{}</ul>",
                    Escape(finding.check), Escape(finding.meaning), cards);
  }
  return body;
}

std::string AlikeSection(const DataReportInput& input) {
  if (input.alike.empty()) return "";
  const Marks marks(input);
  std::string couples;
  for (const AlikePictures& pair : input.alike) {
    couples +=
        fmt::format("<li><ul class=\"cards\">{}{}</ul><p class=\"quiet\">{}</p></li>",
                    CardOf(pair.first, marks(pair.first), input.pictures),
                    CardOf(pair.second, marks(pair.second), input.pictures), Escape(pair.note));
  }
  const std::string more = input.alike.size() == input.alike_total
                               ? ""
                               : fmt::format("<p class=\"quiet\">{} of {} pairs.</p>",
                                             Count(input.alike.size()), Count(input.alike_total));
  return fmt::format("{}<ul class=\"couples\">{}</ul>", more, couples);
}

struct Section {
  std::string_view id;
  std::string_view title;
  std::string_view lead;
  std::string (*render)(const DataReportInput& input);
};

// clang-format off
constexpr auto kSections = std::to_array<Section>({
  {"overview", "Overview", "What there is, whether it meets the project's limits, and what cleaning did.",
   OverviewSection},
  {"classes", "Classes", "How many examples each class has.", ClassesSection},
  {"columns", "Columns", "The other columns of the manifest.", ColumnsSection},
  {"pictures", "Pictures", "Their sizes and how bright they are.", PicturesSection},
  {"examples", "Examples", "Some of each class, chosen by the hash of their bytes.", ExamplesSection},
  {"findings", "Findings", "What each check found, by picture.", FindingsSection},
  {"alike", "Near duplicates", "Pictures that look the same although their bytes differ.", AlikeSection},
});
// clang-format on

}  // namespace

std::string RenderDataReport(const DataReportInput& input) {
  Page page{
      .title = input.project + " · data",
      .banner = {.kind = "Data report",
                 .title = input.project,
                 .meta = {Escape(input.time)},
                 .badge = Verdict(input.passed, input.passed ? "Limits kept" : "Limits broken")},
      .sections = {},
      .program_version = input.program_version};
  for (const Section& section : kSections) {
    page.sections.push_back({section.id, section.title, section.lead, section.render(input)});
  }
  return RenderPage(page);
}

}  // namespace keelrow::report
