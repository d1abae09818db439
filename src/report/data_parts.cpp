#include "report/data_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/html.h"
#include "report/page.h"

namespace keelrow::report {
namespace {

constexpr size_t kQuarantinedMax = 200;

std::string Row(const QualityCheck& check, bool cleaned) {
  const std::string after =
      cleaned ? fmt::format("<td class=\"n\">{}</td>", Escape(check.cleaned)) : "";
  const std::string verdict =
      check.limit.empty() ? "" : Verdict(check.passed, check.passed ? "passed" : "not passed");
  return fmt::format(
      "<tr><td><code>{}</code></td><td class=\"n\">{}</td>{}<td "
      "class=\"n\">{}</td><td>{}</td></tr>",
      Escape(check.name), Escape(check.value), after, Escape(check.limit), verdict);
}

}  // namespace

std::string QualityTable(const std::vector<QualityCheck>& quality) {
  if (quality.empty()) return "";
  const bool cleaned = std::ranges::any_of(
      quality, [](const QualityCheck& check) { return !check.cleaned.empty(); });
  std::string rows;
  for (const QualityCheck& check : quality) rows += Row(check, cleaned);
  return fmt::format(
      "<h3>Quality</h3><div class=\"scroll\"><table><thead><tr><th>Check</th>{}"
      "<th class=\"n\">Limit</th><th>Verdict</th></tr></thead><tbody>{}</tbody></table></div>",
      cleaned ? "<th class=\"n\">Before cleaning</th><th class=\"n\">After</th>"
              : "<th class=\"n\">Measured</th>",
      rows);
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

}  // namespace keelrow::report
