#include "evaluate/evaluation.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>

#include "base/files.h"
#include "base/parallel.h"
#include "data/catalog.h"
#include "engine/predictor.h"
#include "project/job_source.h"
#include "steps/export_check.h"
#include "steps/model_manifest.h"
#include "steps/steps.h"

namespace keelrow::steps {
namespace {

using evaluate::Prediction;

/// Answers all examples on all cores; the result's order is the examples'.
std::vector<Prediction> Answer(const engine::Predictor& predictor, const data::Source& source,
                               const std::vector<data::Example>& examples) {
  const std::vector<std::string>& labels = predictor.manifest().labels;
  std::vector<Prediction> predictions(examples.size());
  ParallelFor(examples.size(), [&](size_t i) {
    const data::Example& example = examples[i];
    const auto label = std::find(labels.begin(), labels.end(), example.label);
    predictions[i] = {.id = example.id,
                      .truth = static_cast<int>(label - labels.begin()),
                      .probabilities = predictor.Scores(source.Read(example).Value())};
  });
  return predictions;
}

std::string ToLines(const std::string& subset, const std::vector<Prediction>& predictions,
                    const std::vector<std::string>& labels) {
  std::string lines;
  for (const Prediction& prediction : predictions) {
    const size_t best = evaluate::PredictedClass(prediction);
    const Json row = {{"id", prediction.id},
                      {"subset", subset},
                      {"label", labels.at(static_cast<size_t>(prediction.truth))},
                      {"predicted", labels[best]},
                      {"confidence", prediction.probabilities[best]},
                      {"probabilities", prediction.probabilities}};
    lines += row.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  return lines;
}

}  // namespace

void Evaluate(const job::StepJob& job) {
  const fs::path network = job.Input("train", bundle::kNetworkFile);
  job::Emit({.text = "comparing the engine with the trainer"});
  bundle::Manifest manifest = ManifestFromTraining(job);
  manifest.export_check = CheckExport(network, job.Input("train", "probe.safetensors"));
  WriteJsonFile(job.output / "export_check.json", manifest.export_check);

  const engine::Predictor predictor(manifest, ReadFile(network));
  const data::Catalog catalog = data::ReadCatalog(job.Input("split", kExamplesFile));
  const std::unique_ptr<data::Source> source = project::OpenJobSource(job);
  std::map<std::string, double> metrics;
  std::string lines;
  for (const data::Subset subset : {data::Subset::kValidation, data::Subset::kTest}) {
    const std::string name(data::Name(subset));
    const std::vector<data::Example> examples = catalog.In(subset);
    if (examples.empty()) continue;
    job::Emit({.text = fmt::format("answering {} {} examples", examples.size(), name)});
    const std::vector<Prediction> predictions = Answer(predictor, *source, examples);
    const evaluate::Evaluation evaluation = evaluate::Evaluate(predictions, manifest.labels);
    for (const auto& [metric, value] : evaluation.metrics) metrics[name + "." + metric] = value;
    WriteJsonFile(job.output / (name + ".json"), evaluate::ToJson(evaluation));
    lines += ToLines(name, predictions, manifest.labels);
  }
  WriteFileDurably(job.output / "predictions.jsonl", lines);
  WriteJsonFile(job.output / "metrics.json", metrics);
  job::Emit({.text = fmt::format("test accuracy {:.4f}", metrics.at("test.accuracy")),
             .step = 0,
             .metrics = metrics});
}

}  // namespace keelrow::steps
