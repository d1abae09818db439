#pragma once

#include "train/example_set.h"
#include "train/interpreter.h"

namespace keelrow::train {

/// How well a network does on examples it does not learn from.
struct Score {
  double loss = 0;  // mean cross entropy, every example counting the same
  double accuracy = 0;
};

/// Evaluates all examples (at least one) without augmentation. Empty when a stop was requested.
std::optional<Score> Evaluate(const Interpreter& network, const Parameters& parameters,
                              const ExampleSet& examples, const Loader::Options& options);

/// What the network says to each example: [examples][classes], each row with the sum 1. Otherwise
/// as Evaluate.
std::optional<std::vector<std::vector<float>>> Probabilities(const Interpreter& network,
                                                             const Parameters& parameters,
                                                             const ExampleSet& examples,
                                                             const Loader::Options& options);

/// A batch as the network takes it: pictures channels-last (README: why).
at::Tensor ToInput(const Tensor& input);

}  // namespace keelrow::train
