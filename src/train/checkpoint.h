#pragma once

#include <filesystem>
#include <optional>

#include "nets/weights.h"
#include "train/history.h"
#include "train/torch_tensors.h"

namespace keelrow::train {

/// Where a training is, beside its tensors. With them it is the whole state: shuffling, dropout and
/// augmentation follow from the seed and these counters.
struct Position {
  int epoch = 0;              // begun, from 0
  int64_t step_in_epoch = 0;  // done
  int64_t step = 0;           // done since the beginning
  double loss_sum = 0;        // over the examples of the epoch so far
  int64_t loss_count = 0;
  double seconds = 0;  // spent so far, in all processes
  History history;
};

/// A training that can go on, as one safetensors file: the tensors, and in its metadata the rest.
struct Checkpoint {
  std::string identity;  // TrainJob::identity
  int threads = 0;       // of the numeric library: other counts round differently
  Position position;
  nets::WeightMap tensors = {};
};

/// Replaces the file durably: after a kill there is the whole old or the whole new one.
void WriteCheckpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// Empty when there is none, or (with a warning) when it is damaged or has another identity: then
/// the training starts anew.
std::optional<Checkpoint> ReadCheckpoint(const std::filesystem::path& path,
                                         const std::string& identity);

}  // namespace keelrow::train
