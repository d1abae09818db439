#include <fmt/format.h>

#include <algorithm>

#include "evaluate/metrics.h"
#include "report/cards.h"
#include "report/html.h"
#include "report/sections.h"

namespace keelrow::report {
namespace {

using evaluate::CrossValidation;
using evaluate::SuspectLabel;

std::string TitleOf(const std::string& metric) {
  const evaluate::Metric* row = evaluate::FindMetric(metric);
  return Escape(row == nullptr ? metric : std::string(row->title));
}

std::string MeansTable(const CrossValidation& validation) {
  std::string rows;
  for (const auto& [name, mean] : validation.means) {
    rows += fmt::format(
        "<tr><td class=\"label\">{}</td><td class=\"n strong\">{:.4f}</td>"
        "<td class=\"n\">{}</td><td class=\"n\">{:.4f}</td></tr>",
        TitleOf(name), mean.mean,
        mean.interval ? fmt::format("± {:.4f}", mean.interval->high - mean.mean) : "–",
        mean.deviation);
  }
  return "<div class=\"scroll\"><table><thead><tr><th>Metric</th><th class=\"n\">Mean</th>"
         "<th class=\"n\">95 % interval</th><th class=\"n\">Deviation</th></tr></thead><tbody>" +
         rows + "</tbody></table></div>";
}

std::string FoldsTable(const CrossValidation& validation) {
  std::string rows;
  for (size_t i = 0; i < validation.folds.size(); ++i) {
    const evaluate::FoldScore& fold = validation.folds[i];
    rows += fmt::format(
        "<tr><td class=\"label\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
        "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n strong\">{}</td></tr>",
        i + 1, Count(fold.train), Count(fold.validation), Count(fold.held_back), fold.epochs,
        Percent(fold.metrics.at("accuracy"), 2));
  }
  return "<div class=\"scroll\"><table><thead><tr><th>Fold</th><th class=\"n\">Train</th>"
         "<th class=\"n\">Validation</th><th class=\"n\">Held back</th>"
         "<th class=\"n\">Epochs</th><th class=\"n\">Accuracy</th></tr></thead><tbody>" +
         rows + "</tbody></table></div>";
}

}  // namespace

std::string CrossValidationSection(const ReportInput& input) {
  if (!input.cross_validation) return "";
  return MeansTable(*input.cross_validation) + FoldsTable(*input.cross_validation);
}

std::string LabelsSection(const ReportInput& input) {
  if (!input.cross_validation) return "";
  std::vector<Card> cards;
  for (const SuspectLabel& suspect : input.suspect_labels) {
    if (!suspect.error || cards.size() == kSuspectLabelsShown) continue;
    cards.push_back({.id = suspect.id,
                     .from = suspect.label,
                     .to = suspect.suggested,
                     .probability = suspect.score});
  }
  const auto errors = std::ranges::count_if(input.suspect_labels, &SuspectLabel::error);
  const std::string sum =
      fmt::format("<p class=\"quiet\">{} of {} labels are likely wrong.",
                  Count(static_cast<uint64_t>(errors)), Count(input.cross_validation->HeldBack()));
  if (cards.empty()) return sum + "</p>";
  return sum +
         " label → suggested (the label's probability); <code>keelrow data label-errors</code> "
         "lists all.</p>" +
         Cards(cards, input.pictures);
}

}  // namespace keelrow::report
