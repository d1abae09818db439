#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "report/report.h"

namespace keelrow::report {

/// How many examples each value or interval has, before cleaning and after it.
struct Histogram {
  struct Bin {
    std::string label;
    uint64_t before = 0;
    uint64_t after = 0;
  };
  std::string name;
  std::vector<Bin> bins;
};

/// What one check found, and examples of it.
struct Finding {
  std::string check;                  // blurred
  std::string meaning;                // 3 of 100 have no sharp edge
  std::vector<Quarantined> examples;  // not all of many
};

struct ClassExamples {
  std::string label;
  std::vector<std::string> ids;
};

/// Two pictures that look the same.
struct AlikePictures {
  std::string first;
  std::string second;
  std::string note;  // HTML is escaped
};

/// The page about data that no model was made from yet, in plain values as ReportInput.
struct DataReportInput {
  std::string project;
  std::string time;
  std::string program_version;
  bool cleaned = false;  // whether "after" says anything else than "before"
  bool passed = false;
  std::vector<Fact> facts;
  std::vector<QualityCheck> quality;
  std::vector<Fact> cleaning;
  Histogram classes;
  std::vector<Histogram> columns;
  std::vector<Histogram> pictures_measured;  // sizes, brightness
  std::vector<ClassExamples> examples;
  std::vector<Finding> findings;
  uint64_t alike_total = 0;
  std::vector<AlikePictures> alike;  // not all of many
  std::vector<Quarantined> quarantined;
  std::map<std::string, std::string> pictures;  // PNG bytes by id
};

/// The whole page, UTF-8. The same input gives the same bytes.
std::string RenderDataReport(const DataReportInput& input);

}  // namespace keelrow::report
