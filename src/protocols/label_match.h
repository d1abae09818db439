#pragma once

#include <string>
#include <vector>

#include "labels/label_config.h"
#include "models/served_model.h"

namespace keelrow::protocols {

/// Which question of a labelling project a model answers, about which of a task's data, and how its
/// labels are called there.
struct LabelMatch {
  labels::ChoiceQuestion question;
  labels::ShownObject object;
  std::vector<std::string> written;  // beside the model's labels; empty: no choice is called so
};

/// Labels and choices are the same when their names are, or their aliases, if need be without
/// regard to case. Of several questions the one with the most choices that the model knows. Throws
/// kBadValue, which says what does not fit.
LabelMatch MatchLabels(const labels::LabelConfig& config, const models::ServedModel& model);

}  // namespace keelrow::protocols
