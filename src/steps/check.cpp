#include <fmt/format.h>

#include "data/catalog.h"
#include "data/quality.h"
#include "project/job_source.h"
#include "steps/steps.h"

namespace keelrow::steps {
namespace {

/// The columns that the split needs a value in, besides the label.
std::vector<std::string> ColumnsOfSplit(const job::StepJob& job) {
  std::vector<std::string> columns;
  for (const Json& column : job.Config("data.split.stratify")) {
    if (column != "label") columns.push_back(column);
  }
  for (const char* key : {"data.split.group", "data.split.time", "data.split.subset"}) {
    if (const std::string column = job.Config(key); !column.empty()) columns.push_back(column);
  }
  return columns;
}

}  // namespace

data::QualityResult MeasureQuality(const job::StepJob& job,
                                   std::span<const data::Example> examples) {
  const data::QualityRequest request{
      .config = config::ReadJson<data::QualityConfig>(job.Config("data.quality"), "data.quality"),
      .columns = ColumnsOfSplit(job),
      .impute = config::ReadJson<std::vector<data::ImputeRule>>(job.Config("data.cleaning.impute"),
                                                                "data.cleaning.impute")};
  return data::RunQualityGate(
      examples, *project::OpenJobSource(job), request,
      data::OnViolationOf(job.Config("data.on_violation").get<std::string>()));
}

void Check(const job::StepJob& job) {
  const data::Catalog catalog = data::ReadCatalog(job.Input("scan", kExamplesFile));
  job::Emit({.text = fmt::format("reading {} examples", catalog.examples.size())});
  const data::QualityResult result = MeasureQuality(job, catalog.examples);
  if (!result.passed) throw result.Failure();
  WriteJsonFile(job.output / "quality.json", data::ToJson(result));
  data::WriteCatalog(job.output / kExamplesFile, {.examples = result.kept});
  data::WriteNearDuplicates(job.output / kNearDuplicatesFile, result.kept, result.near_duplicates);
  const size_t aside = catalog.examples.size() - result.kept.size();
  job::Emit({.text = aside == 0 ? fmt::format("{} examples kept", result.kept.size())
                                : fmt::format("{} examples kept, {} set aside", result.kept.size(),
                                              aside)});
}

}  // namespace keelrow::steps
