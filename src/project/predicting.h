#pragma once

#include <vector>

#include "config/choices.h"
#include "transforms/views.h"

namespace keelrow::project {

const std::vector<config::Choice>& CalibrationChoices();

/// `predict`: how a trained model answers. Part of the bundle, so the same in evaluation, `keelrow
/// predict` and serving.
struct PredictConfig {
  std::vector<transforms::ViewName> tta;
  config::Name<CalibrationChoices> calibrate{"none"};
};

void Describe(config::Object<PredictConfig>& object);

}  // namespace keelrow::project
