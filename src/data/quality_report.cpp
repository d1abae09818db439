#include <fmt/format.h>

#include "base/text.h"
#include "data/quality.h"

namespace keelrow::data {

OnViolation OnViolationOf(std::string_view name) {
  if (name == "stop") return OnViolation::kStop;
  if (name == "clean") return OnViolation::kClean;
  if (name == "warn") return OnViolation::kWarn;
  throw Error(Code::kBadValue, fmt::format("`{}` is not stop, clean or warn", name));
}

namespace {

Json ToJson(const std::vector<BadExample>& examples) {
  Json rows = Json::array();
  for (const BadExample& example : examples) {
    rows.push_back({{"id", example.id}, {"reason", example.reason}});
  }
  return rows;
}

}  // namespace

Json ToJson(const QualityReport& report) {
  Json checks = Json::array();
  for (const QualityCheck& check : report.checks) {
    checks.push_back({{"check", check.name},
                      {"value", check.value},
                      {"limit", check.limit ? Json(check.limit->ToString()) : Json()},
                      {"ok", check.ok()},
                      {"meaning", check.meaning},
                      {"found", ToJson(check.found)}});
  }
  return {{"examples", report.examples},
          {"classes", report.classes},
          {"ok", report.ok()},
          {"checks", checks},
          {"bad", ToJson(report.bad)}};
}

Json ToJson(const QualityResult& result) {
  return {{"report", ToJson(result.report)},
          {"cleaned", result.cleaned ? ToJson(*result.cleaned) : Json()},
          {"imputed", ToJson(result.imputed)},
          {"set_aside", ToJson(result.set_aside)},
          {"kept", result.kept.size()},
          {"passed", result.passed}};
}

std::string RenderQuality(const QualityReport& report) {
  std::vector<std::vector<std::string>> rows = {{"CHECK", "VALUE", "LIMIT", "", ""}};
  for (const QualityCheck& check : report.checks) {
    const std::string verdict = check.limit ? (check.ok() ? "ok" : "VIOLATED") : "";
    rows.push_back({check.name, fmt::format("{:.4f}", check.value),
                    check.limit ? check.limit->ToString() : "-", verdict, check.meaning});
  }
  return RenderTable(rows);
}

}  // namespace keelrow::data
