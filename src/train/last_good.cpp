#include "train/last_good.h"

#include <fmt/format.h>

#include "nets/safetensors.h"
#include "train/trainer.h"

namespace keelrow::train {
namespace {

nets::WeightMap Named(const nets::WeightMap& tensors, const std::string& prefix) {
  nets::WeightMap found;
  for (const auto& [name, tensor] : tensors) {
    if (name.starts_with(prefix)) found.emplace(name.substr(prefix.size()), tensor);
  }
  return found;
}

}  // namespace

std::string KeepLastGood(const TrainJob& job) {
  const auto checkpoint = ReadCheckpoint(Trainer::CheckpointPath(job), job.identity);
  if (!checkpoint) return "";
  nets::WeightMap weights = Named(checkpoint->tensors, "ema.");
  if (weights.empty()) weights = Named(checkpoint->tensors, "live.");
  const std::filesystem::path file = job.scratch / "last-good.safetensors";
  nets::WriteSafetensors(file, weights);
  return fmt::format("the weights of epoch {}, step {} are kept: `model.pretrained: {}`",
                     checkpoint->position.epoch + 1, checkpoint->position.step_in_epoch,
                     file.string());
}

}  // namespace keelrow::train
