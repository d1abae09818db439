#include "steps/gate.h"

#include <fmt/format.h>

#include "base/files.h"
#include "base/text.h"
#include "bundle/bundle.h"
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
  row.value = measured == metrics.end() ? kNotMeasured : fmt::format("{:.4f}", measured->second);
  row.passed = measured != metrics.end() && limit.Holds(measured->second);
  return row;
}

GateRow JudgeAgainst(const std::string& metric, std::optional<double> value, double before,
                     const project::GateConfig& gate, const Reference& reference) {
  GateRow row{.condition = fmt::format("{} not worse than {} {:.4f}{}", metric, reference.name,
                                       before, reference.same_data ? "" : ", on another test set"),
              .value = "not measured"};
  if (!value) return row;
  row.value = fmt::format("{:.4f}", *value);
  row.passed = (HigherIsBetter(metric) ? before - *value : *value - before) <= gate.tolerance;
  return row;
}

std::optional<double> ValueOf(const std::map<std::string, double>& metrics,
                              const std::string& name) {
  const auto found = metrics.find(name);
  return found == metrics.end() ? std::nullopt : std::optional(found->second);
}

/// The metrics that `not_worse_than` looks at: those with a limit, else the accuracy.
std::vector<std::string> ComparedMetrics(const project::GateConfig& gate) {
  std::vector<std::string> names;
  for (const auto& [metric, limit] : gate.metrics) names.push_back(metric);
  if (names.empty()) names.emplace_back("test.accuracy");
  return names;
}

/// Null where the bundle is gone.
Json MetricsOfBundle(const fs::path& folder) {
  const fs::path file = folder / bundle::kMetricsFile;
  return fs::exists(file) ? ReadJsonFile(file) : Json();
}

bool OnSameData(const Json& one, const Json& other) {
  return one.is_object() && other.is_object() &&
         one.value("data_sha256", Json()) == other.value("data_sha256", Json());
}

/// "champion" of "@champion".
std::string AliasOf(const project::GateConfig& gate) {
  const std::string& written = gate.not_worse_than;
  return written.starts_with('@') ? written.substr(1) : written;
}

std::optional<Reference> FindReference(const job::StepJob& job, const project::GateConfig& gate,
                                       const Json& measured) {
  const std::string name = AliasOf(gate);
  if (name.empty()) return std::nullopt;
  const track::Store store(job.StoreFile());
  const auto version = store.FindAlias(job.Config("name"), name);
  if (!version) {
    CheckReference(gate, job.Config("name"), store);
    return std::nullopt;
  }
  const Json theirs = MetricsOfBundle(job.project_folder / version->bundle_path);
  return Reference{.name = fmt::format("@{} (version {})", name, version->version),
                   .metrics = version->metrics,
                   .same_data = OnSameData(theirs, measured)};
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
      const auto before = ValueOf(reference->metrics, metric);
      if (!before) continue;  // it was not asked for then
      verdict.rows.push_back(
          JudgeAgainst(metric, ValueOf(metrics, metric), *before, gate, *reference));
    }
  }
  for (const GateRow& row : verdict.rows) verdict.passed = verdict.passed && row.passed;
  return verdict;
}

void CheckReference(const project::GateConfig& gate, const std::string& model,
                    const track::Store& store) {
  const std::string alias = AliasOf(gate);
  if (alias.empty() || alias == "champion" || store.FindAlias(model, alias)) return;
  std::vector<std::string> known = {"@champion"};
  for (const track::ModelVersion& version : store.Versions(model)) {
    for (const std::string& other : version.aliases) known.push_back("@" + other);
  }
  std::string hint = DidYouMean("@" + alias, known);
  if (hint.empty()) hint = "aliases: " + JoinText(known, ", ");
  throw Error(Code::kNotFound,
              fmt::format("gate.not_worse_than: {} has no alias `@{}`", model, alias),
              {.hint = hint});
}

Verdict JudgeNow(const job::StepJob& job) {
  const auto gate = config::ReadJson<project::GateConfig>(job.Config("gate"), "gate");
  const Json measured = MetricsOfBundle(job.Input("package", "bundle"));
  return Judge(gate, measured.at("metrics"), FindReference(job, gate, measured));
}

void Gate(const job::StepJob& job) {
  const Verdict verdict = JudgeNow(job);
  WriteJsonFile(job.output / "verdict.json", verdict.ToJson());
  job::Emit({.text = verdict.passed ? "passed" : "failed"});
}

}  // namespace keelrow::steps
