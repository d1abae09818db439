#pragma once

#include "bundle/manifest.h"
#include "job/step_job.h"

namespace keelrow::steps {

/// The manifest of the network that the step `train` left, as far as it is known before the
/// evaluation: signature, preprocessing, labels. For jobs that read name, task, prepare and
/// predict.
bundle::Manifest ManifestFromTraining(const job::StepJob& job);

}  // namespace keelrow::steps
