#include <fmt/format.h>

#include "data/catalog.h"
#include "data/quality.h"
#include "steps/source.h"
#include "steps/steps.h"

namespace keelrow::steps {

void Check(const project::StepJob& job) {
  const data::Catalog catalog = data::ReadCatalog(job.Input("scan", kExamplesFile));
  const data::QualityRequest request{
      .config = config::ReadJson<data::QualityConfig>(job.Config("data.quality"), "data.quality")};
  project::Emit({.text = fmt::format("reading {} examples", catalog.examples.size())});
  const data::QualityResult result =
      data::RunQualityGate(catalog.examples, *OpenJobSource(job), request,
                           data::OnViolationOf(job.Config("data.on_violation").get<std::string>()));
  if (!result.passed) throw result.Failure();
  WriteJsonFile(job.output / "quality.json", data::ToJson(result));
  data::WriteCatalog(job.output / kExamplesFile, {.examples = result.kept});
  const size_t aside = catalog.examples.size() - result.kept.size();
  project::Emit({.text = aside == 0 ? fmt::format("{} examples kept", result.kept.size())
                                    : fmt::format("{} examples kept, {} set aside",
                                                  result.kept.size(), aside)});
}

}  // namespace keelrow::steps
