#include "train/job.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/version.h"
#include "project/job_source.h"

namespace keelrow::train {
namespace {

template <class T>
T Read(const job::StepJob& step, const std::string& key) {
  const Json json = step.Config(key);
  if (json.is_null()) {
    throw Error(Code::kMissingKey, "the job of the step lacks its configuration `" + key + "`");
  }
  return config::ReadJson<T>(json, key);
}

std::string Identify(const job::StepJob& step, const std::filesystem::path& catalog) {
  return Sha256Hex(CanonicalJson({{"config", step.config},
                                  {"examples", Sha256HexOfFile(catalog)},
                                  {"pretrained", step.outside},
                                  {"program", Version()}}));
}

}  // namespace

TrainJob ReadTrainJob(const job::StepJob& step) {
  const auto model = Read<project::ModelConfig>(step, "model");
  const std::filesystem::path catalog = step.Input("split", "examples.jsonl");
  return {.model = model,
          .train = Read<project::TrainConfig>(step, "train"),
          .prepare = Read<std::vector<transforms::TransformEntry>>(step, "prepare"),
          .augment = Read<std::vector<transforms::AugmentationEntry>>(step, "augment"),
          .source = project::SourceOptionsFrom(step.config, step.project_folder),
          .catalog = catalog,
          .output = step.output,
          .scratch = step.scratch,
          .pretrained = model.pretrained ? step.project_folder / *model.pretrained : "",
          .pretrained_hash = step.outside,
          .seed = Read<uint64_t>(step, "seed"),
          .identity = Identify(step, catalog)};
}

}  // namespace keelrow::train
