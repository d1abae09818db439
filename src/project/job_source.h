#pragma once

#include <memory>

#include "data/source.h"
#include "job/step_job.h"

namespace keelrow::project {

/// The keys that say where the examples lie: what every step declares that opens the source.
const std::vector<std::string>& SourceKeys();

data::SourceOptions SourceOptionsFrom(const Json& config,
                                      const std::filesystem::path& project_folder);

/// The project's data source, opened as the job's configuration says. Throws as data::OpenSource.
std::unique_ptr<data::Source> OpenJobSource(const job::StepJob& job);

}  // namespace keelrow::project
