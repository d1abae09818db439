#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "labels/annotation.h"

namespace keelrow::labels {

/// Regions of two annotators, matched one to one within each label so that the sum of IoU is the
/// greatest; a match has an IoU of at least 0.5.
struct RegionScore {
  int64_t tasks = 0;  // pairs of annotations that were compared
  int64_t matched = 0;
  int64_t drawn = 0;  // by both together
  double iou_sum = 0;

  /// 2 matched / drawn; 1 where nobody drew anything.
  double F1() const;
  /// Of the matched; 0 without any.
  double MeanIou() const;
  void Add(const RegionScore& other);
};

/// Agreement beyond chance about the class of whole pictures; empty where too little was compared.
struct ClassScore {
  std::optional<double> fleiss;  // tasks with the most usual number of annotators, two or more
  std::optional<double> krippendorff;  // alpha for nominal values, any number of annotators
  std::map<std::pair<std::string, std::string>, double> cohen;  // by pair of annotators
};

struct Agreement {
  RegionScore regions;
  std::map<std::string, RegionScore> by_annotator;
  std::map<std::string, double> f1_of_task;  // the least of its pairs
  ClassScore classes;
};

/// Of tasks that several people annotated.
Agreement MeasureAgreement(const LabelSet& set);

/// One task's classes as several annotators chose them: annotator → class.
using Ratings = std::map<std::string, std::string>;
/// Fleiss (1971), Krippendorff (Content Analysis, nominal metric), Cohen (1960).
std::optional<double> FleissKappa(const std::vector<Ratings>& tasks);
std::optional<double> KrippendorffAlpha(const std::vector<Ratings>& tasks);
/// `pairs` are the classes that two annotators gave to the same tasks.
std::optional<double> CohenKappa(const std::vector<std::pair<std::string, std::string>>& pairs);

}  // namespace keelrow::labels
