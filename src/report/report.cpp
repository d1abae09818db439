#include "report/report.h"

#include <fmt/format.h>

#include <array>

#include "base/error.h"
#include "report/html.h"
#include "report/sections.h"
#include "report/style.h"

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
  {"classes", "Classes", "The same result for each class on its own, weakest first.",
   ClassesSection},
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

/// Nothing may be loaded and nothing may run, whatever a label contains.
constexpr std::string_view kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'";

std::string Head(const ReportInput& input) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<meta name=\"generator\" content=\"Keelrow {}\">\n"
      "<title>{} · run {}</title>\n<style>\n{}</style>\n</head>\n",
      kPolicy, Escape(input.lineage.program_version), Escape(input.project), Escape(input.run_id),
      StyleSheet());
}

bool GatePassed(const ReportInput& input) {
  for (const GateCondition& row : input.gate) {
    if (!row.passed) return false;
  }
  return true;
}

std::string Banner(const ReportInput& input) {
  const std::string gate =
      input.gate.empty()
          ? ""
          : Verdict(GatePassed(input), GatePassed(input) ? "Gate passed" : "Gate not passed");
  return fmt::format(
      "<header><div><p class=\"eyebrow\">Training report</p><h1>{}</h1>"
      "<p class=\"meta\"><span>run <code>{}</code></span><span>{}</span><span>{}</span></p></div>"
      "<div class=\"badge\">{}</div></header>\n",
      Escape(input.project), Escape(input.run_id), Escape(input.time), Escape(input.model.network),
      gate);
}

std::string Wrap(const Section& section, std::string_view body) {
  return fmt::format(
      "<section id=\"{0}\"><div class=\"side\"><h2>{1}</h2><p>{2}</p></div>"
      "<div class=\"body\">{3}</div></section>\n",
      section.id, section.title, section.lead, body);
}

}  // namespace

std::string RenderHtml(const ReportInput& input) {
  CheckCounts(input);
  std::string links;
  std::string sections;
  for (const Section& section : kSections) {
    const std::string body = section.render(input);
    if (body.empty()) continue;
    links += fmt::format("<a href=\"#{}\">{}</a>", section.id, section.title);
    sections += Wrap(section, body);
  }
  return fmt::format(
      "{}<body>\n<main>\n{}<nav aria-label=\"Sections\">{}</nav>\n{}"
      "<footer>Made by Keelrow {} · this file is complete in itself: it loads nothing.</footer>\n"
      "</main>\n</body>\n</html>\n",
      Head(input), Banner(input), links, sections, Escape(input.lineage.program_version));
}

std::string Verdict(bool passed, std::string_view word) {
  return fmt::format("<span class=\"verdict {}\"><b aria-hidden=\"true\">{}</b>{}</span>",
                     passed ? "good" : "bad", passed ? "✓" : "✗", Escape(word));
}

std::string Figure(std::string_view svg, std::string_view caption) {
  return fmt::format(
      "<figure><div class=\"scroll\">{}</div>{}</figure>", svg,
      caption.empty() ? "" : fmt::format("<figcaption>{}</figcaption>", Escape(caption)));
}

std::string FactList(const std::vector<Fact>& facts) {
  std::string rows;
  for (const auto& [name, value] : facts) {
    if (value.empty()) continue;
    rows += fmt::format("<dt>{}</dt><dd><code>{}</code></dd>", Escape(name), Escape(value));
  }
  return rows.empty() ? "" : "<dl>" + rows + "</dl>";
}

}  // namespace keelrow::report
