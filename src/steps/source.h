#pragma once

#include <memory>

#include "data/source.h"
#include "project/step_job.h"

namespace keelrow::steps {

/// The project's data source, opened as its configuration says.
std::unique_ptr<data::Source> OpenJobSource(const project::StepJob& job);
data::SourceOptions SourceOptionsFrom(const Json& config,
                                      const std::filesystem::path& project_folder);

}  // namespace keelrow::steps
