#pragma once

#include <string>

#include "train/job.h"

namespace keelrow::train {

/// After a training that failed: writes the weights of its last checkpoint (the average, where
/// there is one) as a file that `model.pretrained` takes, beside the checkpoint. Gives a sentence
/// that names it; empty when there is no checkpoint of this job.
std::string KeepLastGood(const TrainJob& job);

}  // namespace keelrow::train
