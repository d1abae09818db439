#include "project/job_source.h"

namespace keelrow::project {

const std::vector<std::string>& SourceKeys() {
  static const std::vector<std::string> keys = {"data.source", "data.path_column",
                                                "data.label_column"};
  return keys;
}

data::SourceOptions SourceOptionsFrom(const Json& config,
                                      const std::filesystem::path& project_folder) {
  const Json& keys = config.at("data");
  return {.path = project_folder / keys.at("source").get<std::string>(),
          .path_column = keys.at("path_column"),
          .label_column = keys.at("label_column"),
          .stat_cache = project_folder / ".keelrow" / "source-digests"};
}

std::unique_ptr<data::Source> OpenJobSource(const job::StepJob& job) {
  return data::OpenSource(SourceOptionsFrom(job.config, job.project_folder));
}

}  // namespace keelrow::project
