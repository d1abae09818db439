#include "train/checkpoint.h"

#include <fmt/format.h>

#include "base/log.h"
#include "nets/safetensors.h"

namespace keelrow::train {
namespace {

constexpr const char* kMetadataKey = "keelrow.checkpoint";

/// The shortest decimal form of a double reads back as the same bits, so running sums survive.
Json ToJson(const Checkpoint& checkpoint) {
  const Position& position = checkpoint.position;
  return {{"identity", checkpoint.identity},
          {"threads", checkpoint.threads},
          {"epoch", position.epoch},
          {"step_in_epoch", position.step_in_epoch},
          {"step", position.step},
          {"loss_sum", position.loss_sum},
          {"loss_count", position.loss_count},
          {"seconds", position.seconds},
          {"history", position.history.ToJson()}};
}

Checkpoint FromJson(const Json& json) {
  return {.identity = json.at("identity"),
          .threads = json.at("threads"),
          .position = {.epoch = json.at("epoch"),
                       .step_in_epoch = json.at("step_in_epoch"),
                       .step = json.at("step"),
                       .loss_sum = json.at("loss_sum"),
                       .loss_count = json.at("loss_count"),
                       .seconds = json.at("seconds"),
                       .history = History::FromJson(json.at("history"))}};
}

Checkpoint Read(const std::filesystem::path& path) {
  nets::Safetensors file = nets::ReadSafetensors(path).Value();
  try {
    Checkpoint checkpoint = FromJson(Json::parse(file.metadata.at(kMetadataKey)));
    checkpoint.tensors = std::move(file.tensors);
    return checkpoint;
  } catch (const std::exception& failure) {
    throw Error(Code::kCorrupt, fmt::format("no checkpoint of a training: {}", failure.what()));
  }
}

}  // namespace

void WriteCheckpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  nets::WriteSafetensors(path, checkpoint.tensors, {{kMetadataKey, ToJson(checkpoint).dump()}});
}

std::optional<Checkpoint> ReadCheckpoint(const std::filesystem::path& path,
                                         const std::string& identity) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  try {
    Checkpoint checkpoint = Read(path);
    if (checkpoint.identity == identity) return checkpoint;
    log::Warning("{} belongs to another configuration: the training starts anew", path.string());
  } catch (const Error& error) {
    log::Warning("{} cannot be used ({}): the training starts anew", path.string(),
                 error.message());
  }
  return std::nullopt;
}

}  // namespace keelrow::train
