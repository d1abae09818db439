#pragma once

#include "project/step_job.h"

namespace keelrow::train {

/// The whole step `train`: reads the job, trains (or goes on), exports. Errors of LibTorch and of
/// the standard library come out as keelrow::Error.
void RunTrainStep(const project::StepJob& step);

}  // namespace keelrow::train
