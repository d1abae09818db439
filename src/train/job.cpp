#include "train/job.h"

#include "base/hash.h"
#include "base/version.h"
#include "project/job_source.h"

namespace keelrow::train {
namespace {

std::string Identify(const job::StepJob& step, const std::filesystem::path& catalog) {
  return Sha256Hex(CanonicalJson({{"config", step.config},
                                  {"examples", Sha256HexOfFile(catalog)},
                                  {"pretrained", step.outside},
                                  {"program", Version()}}));
}

}  // namespace

TrainJob ReadTrainJob(const job::StepJob& step) {
  const auto model = ReadKey<project::ModelConfig>(step, "model");
  const std::filesystem::path catalog = step.Input("split", "examples.jsonl");
  return {.model = model,
          .train = ReadKey<project::TrainConfig>(step, "train"),
          .prepare = ReadKey<std::vector<transforms::TransformEntry>>(step, "prepare"),
          .augment = ReadKey<std::vector<transforms::AugmentationEntry>>(step, "augment"),
          .source = project::SourceOptionsFrom(step.config, step.project_folder),
          .catalog = catalog,
          .output = step.output,
          .scratch = step.scratch,
          .pretrained = model.pretrained ? step.project_folder / *model.pretrained : "",
          .pretrained_hash = step.outside,
          .seed = ReadKey<uint64_t>(step, "seed"),
          .identity = Identify(step, catalog)};
}

}  // namespace keelrow::train
