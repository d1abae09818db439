#include <fmt/format.h>

#include "base/files.h"
#include "base/version.h"
#include "bundle/bundle.h"
#include "data/catalog.h"
#include "data/duckdb.h"
#include "steps/model_manifest.h"
#include "steps/steps.h"

namespace keelrow::steps {
namespace {

/// What was mended in the data; the report names each example.
Json Cleaning(const job::StepJob& job, const data::Catalog& catalog) {
  const Json quality = ReadJsonFile(job.Input("check", "quality.json"));
  return {{"set_aside", quality.at("set_aside").size()},
          {"imputed", quality.at("imputed")},
          {"oversampled", catalog.ForTraining().size() - catalog.In(data::Subset::kTrain).size()}};
}

/// Where the model comes from. No time and no run: equal work gives an equal bundle.
Json Lineage(const job::StepJob& job, const Json& training) {
  const data::Catalog catalog = data::ReadCatalog(job.Input("split", kExamplesFile));
  return {{"data_sha256", data::SetHash(catalog.examples)},
          {"examples", catalog.examples.size()},
          {"cleaning", Cleaning(job, catalog)},
          {"seed", job.Config("seed")},
          {"training", training},
          {"program", fmt::format("keelrow {}", Version())}};
}

/// Everything measured, with the hash of the data that it was measured on.
Json Metrics(const job::StepJob& job) {
  Json metrics = {{"metrics", ReadJsonFile(job.Input("evaluate", "metrics.json"))}};
  const data::Catalog catalog = data::ReadCatalog(job.Input("split", kExamplesFile));
  for (const data::Subset subset : {data::Subset::kValidation, data::Subset::kTest}) {
    const std::string name(data::Name(subset));
    metrics["data_sha256"][name] = data::SetHash(catalog.In(subset));
  }
  return metrics;
}

}  // namespace

void Package(const job::StepJob& job) {
  const fs::path folder = job.output / "bundle";
  MakeFolders(folder);
  CopyFile(job.Input("train", bundle::kNetworkFile), folder / bundle::kNetworkFile);
  // The predictions on held-back data: what drift and calibration will compare with.
  data::JsonLinesToParquet(job.Input("evaluate", "predictions.jsonl"),
                           folder / bundle::kReferenceFile);
  bundle::Manifest manifest = ManifestFromTraining(job);
  manifest.export_check = ReadJsonFile(job.Input("evaluate", "export_check.json"));
  manifest.postprocess_options = ReadJsonFile(job.Input("evaluate", "postprocess.json"));
  manifest.lineage = Lineage(job, ReadJsonFile(job.Input("train", "training.json")));
  const std::string hash = bundle::Seal(folder, manifest, Metrics(job));
  WriteJsonFile(job.output / "bundle.json", {{"sha256", hash}});
  job::Emit({.text = fmt::format("bundle sha256:{}", hash.substr(0, 12))});
}

}  // namespace keelrow::steps
