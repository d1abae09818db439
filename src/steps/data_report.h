#pragma once

#include "data/quality.h"
#include "job/step_job.h"
#include "report/data_report.h"

namespace keelrow::steps {

/// What the page about the data shows: of all examples of the job's source, and of what the gate
/// made of them. Reads the pictures that are shown.
report::DataReportInput DescribeData(const job::StepJob& job,
                                     std::span<const data::Example> examples,
                                     const data::QualityResult& result);

/// Text and numbers by how often they are met, `before` and `after`; "" is a missing value. Values
/// of more than 30 kinds are numbers in about 16 intervals between round ones, or the 15 most and
/// the 15 least frequent ones.
report::Histogram CountValues(std::string name, const std::vector<std::string>& before,
                              const std::vector<std::string>& after);

}  // namespace keelrow::steps
