#include "steps/data_summary.h"

#include <fmt/format.h>

namespace keelrow::steps {
namespace {

std::string ValueOf(const Json& check) {
  return fmt::format("{:.4g}", check.at("value").get<double>());
}

}  // namespace

std::vector<report::QualityCheck> QualityChecks(const Json& quality) {
  const Json& before = quality.at("report").at("checks");
  const Json& cleaned = quality.at("cleaned");
  std::vector<report::QualityCheck> checks;
  for (size_t i = 0; i < before.size(); ++i) {
    const Json& after = cleaned.is_null() ? before[i] : cleaned.at("checks").at(i);
    checks.push_back({.name = before[i].at("check"),
                      .value = ValueOf(before[i]),
                      .limit = after.at("limit").is_null() ? "" : after.at("limit"),
                      .passed = after.at("ok"),
                      .cleaned = cleaned.is_null() ? "" : ValueOf(after)});
  }
  return checks;
}

std::vector<report::Quarantined> SetAside(const Json& quality) {
  std::vector<report::Quarantined> examples;
  for (const Json& row : quality.at("set_aside")) {
    examples.push_back({.id = row.at("id"), .reason = row.at("reason")});
  }
  return examples;
}

std::vector<report::Fact> Imputations(const Json& quality) {
  std::vector<report::Fact> facts;
  for (const Json& row : quality.at("imputed")) {
    facts.push_back(
        {fmt::format("imputed `{}`", row.at("column").get<std::string>()),
         fmt::format("{} values with `{}` ({})", row.at("filled").get<int64_t>(),
                     row.at("value").get<std::string>(), row.at("with").get<std::string>())});
  }
  return facts;
}

}  // namespace keelrow::steps
