#pragma once

#include "job/step_job.h"

namespace keelrow::train {

/// The whole step `train`: reads the job, trains (or goes on), exports. Errors of LibTorch and of
/// the standard library come out as keelrow::Error.
void RunTrainStep(const job::StepJob& step);

}  // namespace keelrow::train
