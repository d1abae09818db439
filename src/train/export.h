#pragma once

#include "train/trainer.h"

namespace keelrow::train {

/// Everything that the step `train` hands on.
struct Trained {
  const TrainJob& job;
  const Interpreter& network;
  const Trainer& trainer;
  const Sets& sets;
  const std::vector<std::string>& labels;
};

/// Fills job.output:
///   network.onnx          for inference: operator set 17, input "input", output "output" (logits)
///   weights.safetensors   parameters and buffers by their state_dict names
///   probe.safetensors     "input" and "output" [n, …]: examples as the network takes them, and the
///                         logits that LibTorch gives for them, for checking another engine
///   history.json          one row an epoch (train/history.h)
///   training.json         network, parameters, input_shape, labels, epochs, threads, …; no times:
///                         equal work gives equal bytes
void Export(const Trained& trained);

}  // namespace keelrow::train
