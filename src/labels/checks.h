#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "labels/annotation.h"

namespace keelrow::labels {

/// Two labels, the smaller one first.
using LabelPair = std::pair<std::string, std::string>;
LabelPair PairOf(const std::string& a, const std::string& b);

struct CheckOptions {
  double overlap_max = 0.3;                 // IoU of two regions of one annotation
  std::map<LabelPair, double> overlap_for;  // the same for pairs of labels
  double same_min = 0.9;                    // IoU from which two regions are drawn twice
  double slack = 0.005;                     // how far beyond the picture, as a share of its edge
  double side_min = 0.001;                  // of a region, as a share of the picture's edge
  std::optional<std::filesystem::path> pictures;  // a folder that must hold every picture
};

/// One thing to look at again.
struct Finding {
  std::string check;  // a row of CheckNames()
  std::string task;
  std::string annotation;  // empty: of the task
  std::string annotator;
  std::vector<std::string> regions;  // their ids
  std::string text;                  // "Car and Person overlap by 0.42"
};

/// The checks in the order of their report, each with what it finds.
struct CheckName {
  const char* name;
  const char* help;
};
const std::vector<CheckName>& CheckNames();

/// In the order of the tasks. At most 100 findings of one check an annotation.
std::vector<Finding> CheckLabels(const LabelSet& set, const CheckOptions& options);

}  // namespace keelrow::labels
