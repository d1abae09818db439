#pragma once

#include <string>
#include <vector>

#include "report/report.h"

namespace keelrow::report {

/// What the page of a run and the page of the data say alike.

/// The checks with their limits; before and after cleaning where there was any.
std::string QualityTable(const std::vector<QualityCheck>& quality);
std::string CleaningFacts(const std::vector<Fact>& cleaning);
/// Names with reasons, folded where they are many.
std::string QuarantineList(const std::vector<Quarantined>& quarantined);

}  // namespace keelrow::report
