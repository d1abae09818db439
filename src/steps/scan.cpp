#include "base/json.h"
#include "data/catalog.h"
#include "project/job_source.h"
#include "steps/steps.h"

namespace keelrow::steps {

std::string SourceHash(const Json& config, const pipeline::Workspace& workspace) {
  const data::SourceOptions options =
      project::SourceOptionsFrom(config, workspace.project_folder());
  return data::SetHash(data::OpenSource(options)->List());
}

void Scan(const job::StepJob& job) {
  const data::Catalog catalog{.examples = project::OpenJobSource(job)->List()};
  const std::string hash = data::SetHash(catalog.examples);
  if (hash != job.outside) {
    throw Error(Code::kConflict, "the data changed after the run had been planned",
                {.hint = "run the same command again"});
  }
  data::WriteCatalog(job.output / kExamplesFile, catalog);
  WriteJsonFile(job.output / "source.json", {{"examples", catalog.examples.size()},
                                             {"classes", data::ClassCounts(catalog.examples)},
                                             {"sha256", hash}});
  job::Emit({.text = std::to_string(catalog.examples.size()) + " examples"});
}

}  // namespace keelrow::steps
