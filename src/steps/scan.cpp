#include "base/json.h"
#include "data/catalog.h"
#include "steps/source.h"
#include "steps/steps.h"

namespace keelrow::steps {

data::SourceOptions SourceOptionsFrom(const Json& config,
                                      const std::filesystem::path& project_folder) {
  const Json& keys = config.at("data");
  return {.path = project_folder / keys.at("source").get<std::string>(),
          .path_column = keys.at("path_column"),
          .label_column = keys.at("label_column"),
          .stat_cache = project_folder / ".keelrow" / "source-digests"};
}

std::unique_ptr<data::Source> OpenJobSource(const project::StepJob& job) {
  return data::OpenSource(SourceOptionsFrom(job.config, job.project_folder));
}

std::string SourceHash(const Json& config, const pipeline::Workspace& workspace) {
  const data::SourceOptions options = SourceOptionsFrom(config, workspace.project_folder());
  return data::SetHash(data::OpenSource(options)->List());
}

void Scan(const project::StepJob& job) {
  const data::Catalog catalog{.examples = OpenJobSource(job)->List()};
  data::WriteCatalog(job.output / kExamplesFile, catalog);
  WriteJsonFile(job.output / "source.json", {{"examples", catalog.examples.size()},
                                             {"classes", data::ClassCounts(catalog.examples)},
                                             {"sha256", data::SetHash(catalog.examples)}});
  project::Emit({.text = std::to_string(catalog.examples.size()) + " examples"});
}

}  // namespace keelrow::steps
