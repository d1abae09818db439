#pragma once

#include "train/interpreter.h"
#include "train/loader.h"
#include "train/state.h"

namespace keelrow::train {

/// How one step of learning runs.
struct LearnOptions {
  Pass pass;
  double rate;
  at::Tensor class_weights = {};  // undefined: all the same
};

/// One step of learning: forward, loss, gradients, optimizer, average. Returns the batch's mean
/// loss, from before the weights changed; where that is no number, neither are the weights.
double Learn(const Interpreter& network, State& state, const Batch& batch,
             const LearnOptions& options);

}  // namespace keelrow::train
