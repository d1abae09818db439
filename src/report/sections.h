#pragma once

#include <string>

#include "report/report.h"

namespace keelrow::report {

/// One function for each section of the page: its body as HTML, or nothing where the input has
/// nothing to say. The order and the titles stand in the table of report.cpp.
std::string HeadlineSection(const ReportInput& input);
std::string CurvesSection(const ReportInput& input);
std::string ConfusionSection(const ReportInput& input);
std::string ConfusedSection(const ReportInput& input);
std::string ClassesSection(const ReportInput& input);
std::string RankingSection(const ReportInput& input);
std::string SlicesSection(const ReportInput& input);
std::string ReliabilitySection(const ReportInput& input);
std::string MistakesSection(const ReportInput& input);
std::string CrossValidationSection(const ReportInput& input);
std::string LabelsSection(const ReportInput& input);
std::string DataSection(const ReportInput& input);
std::string OriginSection(const ReportInput& input);
std::string ReproduceSection(const ReportInput& input);

}  // namespace keelrow::report
