#pragma once

#include <vector>

#include "base/json.h"
#include "report/report.h"

/// Of quality.json, what the pages about a run and about the data show alike.
namespace keelrow::steps {

std::vector<report::QualityCheck> QualityChecks(const Json& quality);
std::vector<report::Quarantined> SetAside(const Json& quality);
/// One a column that was filled.
std::vector<report::Fact> Imputations(const Json& quality);

}  // namespace keelrow::steps
