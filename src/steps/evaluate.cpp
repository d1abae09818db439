#include "evaluate/evaluation.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>

#include "base/files.h"
#include "base/parallel.h"
#include "data/catalog.h"
#include "engine/postprocess.h"
#include "engine/predictor.h"
#include "evaluate/temperature.h"
#include "project/job_source.h"
#include "steps/export_check.h"
#include "steps/model_manifest.h"
#include "steps/steps.h"

namespace keelrow::steps {
namespace {

using evaluate::Output;
using evaluate::Prediction;

/// One subset's examples with what the network says to them, in the same order.
struct Answered {
  std::string subset;
  std::vector<data::Example> examples;
  std::vector<Output> outputs;
};

/// Asks for all examples on all cores.
std::vector<Output> Ask(const engine::Predictor& predictor, const data::Source& source,
                        const std::vector<data::Example>& examples) {
  const std::vector<std::string>& labels = predictor.manifest().labels;
  std::vector<Output> outputs(examples.size());
  ParallelFor(examples.size(), [&](size_t i) {
    const data::Example& example = examples[i];
    const auto label = std::find(labels.begin(), labels.end(), example.label);
    outputs[i] = {.truth = static_cast<int>(label - labels.begin()),
                  .logits = predictor.Output(source.Read(example).Value())};
  });
  return outputs;
}

std::vector<Answered> AskAll(const job::StepJob& job, const engine::Predictor& predictor) {
  const data::Catalog catalog = data::ReadCatalog(job.Input("split", kExamplesFile));
  const std::unique_ptr<data::Source> source = project::OpenJobSource(job);
  std::vector<Answered> all;
  for (const data::Subset subset : {data::Subset::kValidation, data::Subset::kTest}) {
    Answered answered{.subset = std::string(data::Name(subset)), .examples = catalog.In(subset)};
    if (answered.examples.empty()) continue;
    job::Emit({.text = fmt::format("answering {} {} examples", answered.examples.size(),
                                   answered.subset)});
    answered.outputs = Ask(predictor, *source, answered.examples);
    all.push_back(std::move(answered));
  }
  return all;
}

/// By the same code that a bundle with these options answers with.
std::vector<Prediction> Predict(const Answered& answered, const engine::Postprocess& postprocess,
                                const engine::PostprocessOptions& options) {
  std::vector<Prediction> predictions;
  for (size_t i = 0; i < answered.examples.size(); ++i) {
    predictions.push_back({.id = answered.examples[i].id,
                           .truth = answered.outputs[i].truth,
                           .probabilities = postprocess.scores(answered.outputs[i].logits, options),
                           .columns = answered.examples[i].columns});
  }
  return predictions;
}

engine::PostprocessOptions Calibrate(const job::StepJob& job, const std::vector<Answered>& all) {
  if (job.Config("predict.calibrate") == "none") return {};
  // CheckProject has seen to validation examples, but a cut in time may still leave none.
  const auto validation = std::ranges::find(all, "validation", &Answered::subset);
  if (validation == all.end()) {
    throw Error(
        Code::kNoData, "there are no validation examples to calibrate on",
        {.hint = "give `data.split.validation` examples, or set `predict.calibrate: none`"});
  }
  const engine::PostprocessOptions options{.temperature =
                                               evaluate::FitTemperature(validation->outputs)};
  job::Emit({.text = fmt::format("temperature {:.4f}, fitted to {} validation examples",
                                 options.temperature, validation->outputs.size())});
  return options;
}

std::string ToLines(const std::string& subset, const std::vector<Prediction>& predictions,
                    const std::vector<std::string>& labels) {
  std::string lines;
  for (const Prediction& prediction : predictions) {
    lines += evaluate::ToLine(prediction, labels, {{"subset", subset}});
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

  const engine::Predictor predictor(manifest, ReadFile(network), {.streams = AvailableCores()});
  const engine::Postprocess& postprocess = engine::FindPostprocess(manifest.postprocess);
  const std::vector<Answered> all = AskAll(job, predictor);
  const engine::PostprocessOptions options = Calibrate(job, all);
  WriteJsonFile(job.output / "postprocess.json", config::Write(options));
  std::map<std::string, double> metrics;
  std::string lines;
  for (const Answered& answered : all) {
    const std::string& name = answered.subset;
    const std::vector<Prediction> predictions = Predict(answered, postprocess, options);
    const evaluate::Evaluation evaluation = evaluate::Evaluate(predictions, manifest.labels);
    for (const auto& [metric, value] : evaluation.metrics) metrics[name + "." + metric] = value;
    WriteJsonFile(job.output / (name + ".json"), evaluate::ToJson(evaluation));
    lines += ToLines(name, predictions, manifest.labels);
    if (options.temperature == 1) continue;
    WriteJsonFile(
        job.output / (name + ".uncalibrated.json"),
        evaluate::ToJson(evaluate::Evaluate(Predict(answered, postprocess, {}), manifest.labels)));
  }
  WriteFileDurably(job.output / "predictions.jsonl", lines);
  WriteJsonFile(job.output / "metrics.json", metrics);
  job::Emit({.text = fmt::format("test accuracy {:.4f}", metrics.at("test.accuracy")),
             .step = 0,
             .metrics = metrics});
}

}  // namespace keelrow::steps
