#include "report/report.h"

#include <fmt/format.h>

#include <array>

#include "base/error.h"
#include "report/html.h"
#include "report/page.h"
#include "report/sections.h"

namespace keelrow::report {
namespace {

struct Section {
  std::string_view id;
  std::string_view title;
  std::string_view lead;  // one sentence for somebody who sees such a page for the first time
  std::string (*render)(const ReportInput& input);
};

// clang-format off
constexpr auto kSections = std::to_array<Section>({
  {"result", "Result", "Measured on the test set, which took no part in training or in choosing the model.",
   HeadlineSection},
  {"training", "Training", "How the loss fell, epoch by epoch. Validation far above train means the model memorises.",
   CurvesSection},
  {"confusion", "Confusion", "Which class is taken for which. A good model fills the diagonal and nothing else.",
   ConfusionSection},
  {"confused", "Confused pairs", "What is most often taken for what, the surest mistakes of each pair first.",
   ConfusedSection},
  {"classes", "Classes", "The same result for each class on its own, weakest first.",
   ClassesSection},
  {"ranking", "Ranking", "How well the probability of each class alone tells its examples from others, whatever the threshold.",
   RankingSection},
  {"slices", "Slices", "The same result by the columns of the data, weakest first: where the model is worse than elsewhere.",
   SlicesSection},
  {"reliability", "Reliability", "Whether an answer given with 90 % confidence is right nine times out of ten.",
   ReliabilitySection},
  {"mistakes", "Worst mistakes", "The wrong answers of which the model was surest. They often show mislabelled examples.",
   MistakesSection},
  {"cross-validation", "Cross-validation", "The same training without one part of the examples at a time, judged by that part.",
   CrossValidationSection},
  {"labels", "Likely label errors", "What models that did not learn from an example would call it instead (confident learning).",
   LabelsSection},
  {"data", "Data", "What the model was made from, and whether it met the project's limits.",
   DataSection},
  {"origin", "How it was made", "Every hash that identifies the data, the configuration and the result.",
   OriginSection},
  {"reproduce", "Reproduce", "From the same data, these commands make the same model.",
   ReproduceSection},
});
// clang-format on

void CheckCounts(const ReportInput& input) {
  for (const SubsetCounts& subset : input.data.subsets) {
    if (subset.per_class.size() == input.data.classes.size()) continue;
    throw Error(Code::kBadValue,
                fmt::format("report: subset `{}` counts {} classes of {}", subset.name,
                            subset.per_class.size(), input.data.classes.size()));
  }
}

bool GatePassed(const ReportInput& input) {
  for (const GateCondition& row : input.gate) {
    if (!row.passed) return false;
  }
  return true;
}

Banner BannerOf(const ReportInput& input) {
  Banner banner{.kind = "Training report",
                .title = input.project,
                .meta = {fmt::format("run <code>{}</code>", Escape(input.run_id)),
                         Escape(input.time), Escape(input.model.network)}};
  if (input.gate.empty()) return banner;
  const bool passed = GatePassed(input);
  banner.badge = Verdict(passed, passed ? "Gate passed" : "Gate not passed");
  return banner;
}

}  // namespace

std::string RenderHtml(const ReportInput& input) {
  CheckCounts(input);
  Page page{.title = fmt::format("{} · run {}", input.project, input.run_id),
            .banner = BannerOf(input),
            .sections = {},
            .program_version = input.lineage.program_version};
  for (const Section& section : kSections) {
    page.sections.push_back({section.id, section.title, section.lead, section.render(input)});
  }
  return RenderPage(page);
}

}  // namespace keelrow::report
