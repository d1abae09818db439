#include "steps/gate.h"

#include <fmt/format.h>

#include "evaluate/metrics.h"
#include "steps/steps.h"
#include "track/store.h"

namespace keelrow::steps {
namespace {

/// The row of the metrics table behind "test.accuracy".
bool HigherIsBetter(const std::string& metric) {
  const evaluate::Metric* row = evaluate::FindMetric(metric.substr(metric.rfind('.') + 1));
  return row == nullptr || row->better == evaluate::Better::kHigher;
}

GateRow JudgeLimit(const std::string& metric, const Threshold& limit,
                   const std::map<std::string, double>& metrics) {
  GateRow row{.condition = fmt::format("{} {}", metric, limit.ToString())};
  const auto measured = metrics.find(metric);
  row.value = measured == metrics.end() ? "not measured" : fmt::format("{:.4f}", measured->second);
  row.passed = measured != metrics.end() && limit.Holds(measured->second);
  return row;
}

GateRow JudgeAgainst(const std::string& metric, double value, double before,
                     const project::GateConfig& gate, const std::string& name) {
  const double behind = HigherIsBetter(metric) ? before - value : value - before;
  return {.condition = fmt::format("{} not worse than {} {:.4f}", metric, name, before),
          .value = fmt::format("{:.4f}", value),
          .passed = behind <= gate.tolerance};
}

/// The metrics that `not_worse_than` looks at: those with a limit, else the accuracy.
std::vector<std::string> ComparedMetrics(const project::GateConfig& gate) {
  std::vector<std::string> names;
  for (const auto& [metric, limit] : gate.metrics) names.push_back(metric);
  if (names.empty()) names.emplace_back("test.accuracy");
  return names;
}

std::optional<Reference> FindReference(const project::StepJob& job, const std::string& alias) {
  if (alias.empty()) return std::nullopt;
  const track::Store store(job.project_folder / ".keelrow" / "store.db");
  const std::string name = alias.starts_with('@') ? alias.substr(1) : alias;
  const auto version = store.FindAlias(job.Config("name"), name);
  if (!version) return std::nullopt;
  return Reference{.name = fmt::format("@{} (version {})", name, version->version),
                   .metrics = version->metrics};
}

}  // namespace

Json Verdict::ToJson() const {
  Json json = {{"passed", passed}, {"rows", Json::array()}};
  for (const GateRow& row : rows) {
    json["rows"].push_back(
        {{"condition", row.condition}, {"value", row.value}, {"passed", row.passed}});
  }
  return json;
}

Verdict Verdict::FromJson(const Json& json) {
  Verdict verdict{.passed = json.at("passed")};
  for (const Json& row : json.at("rows")) {
    verdict.rows.push_back(
        {.condition = row.at("condition"), .value = row.at("value"), .passed = row.at("passed")});
  }
  return verdict;
}

Verdict Judge(const project::GateConfig& gate, const std::map<std::string, double>& metrics,
              const std::optional<Reference>& reference) {
  Verdict verdict;
  for (const auto& [metric, limit] : gate.metrics) {
    verdict.rows.push_back(JudgeLimit(metric, limit, metrics));
  }
  if (reference) {
    for (const std::string& metric : ComparedMetrics(gate)) {
      const auto before = reference->metrics.find(metric);
      const auto value = metrics.find(metric);
      if (before == reference->metrics.end() || value == metrics.end()) continue;
      verdict.rows.push_back(
          JudgeAgainst(metric, value->second, before->second, gate, reference->name));
    }
  }
  for (const GateRow& row : verdict.rows) verdict.passed = verdict.passed && row.passed;
  return verdict;
}

void Gate(const project::StepJob& job) {
  const auto gate = config::ReadJson<project::GateConfig>(job.Config("gate"), "gate");
  const std::map<std::string, double> metrics = ReadJsonFile(job.Input("evaluate", "metrics.json"));
  const Verdict verdict = Judge(gate, metrics, FindReference(job, gate.not_worse_than));
  WriteJsonFile(job.output / "verdict.json", verdict.ToJson());
  project::Emit({.text = verdict.passed ? "passed" : "failed"});
}

}  // namespace keelrow::steps
