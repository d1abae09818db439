#pragma once

#include <span>

#include "train/interpreter.h"
#include "train/loader.h"
#include "train/state.h"

namespace keelrow::train {

/// What stays the same from step to step.
struct LearnOptions {
  uint64_t seed = 0;
  int accumulate = 1;  // most batches a step
  double clip_norm = 0;
  double label_smoothing = 0;
  bool bfloat16 = false;
  at::Tensor class_weights = {};  // undefined: all the same
};

/// One step's own.
struct StepOptions {
  int64_t step;  // from 0
  double rate;
  Scope scope = Scope::kAll;
};

/// One step of learning: forward, loss, gradients, averaged over the batches by their sizes;
/// optimizer, moving average. Returns the mean loss of the examples, from before the weights
/// changed; where that is no number, neither are the weights.
double Learn(const Interpreter& network, State& state, std::span<const Batch> batches,
             const LearnOptions& options, const StepOptions& step);

}  // namespace keelrow::train
