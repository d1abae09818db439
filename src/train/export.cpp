#include "train/export.h"

#include <c10/core/GradMode.h>
#include <torch/headeronly/version.h>

#include <algorithm>

#include "base/files.h"
#include "base/version.h"
#include "nets/onnx_writer.h"
#include "nets/safetensors.h"
#include "train/evaluation.h"

namespace keelrow::train {
namespace {

/// Enough to meet every path through a network, few enough to be checked in milliseconds.
constexpr size_t kProbeExamplesMax = 16;

nets::WeightMap FinalWeights(const Trained& trained) {
  const nets::Graph& graph = trained.network.graph();
  const Parameters& parameters = trained.trainer.state().Final();
  nets::WeightMap weights;
  for (size_t i = 0; i < parameters.size(); ++i) {
    weights[graph.parameters[i].name] = FromTorch(parameters[i]);
  }
  return weights;
}

nets::WeightMap Probe(const Trained& trained) {
  const c10::AutoGradMode no_gradients(false);
  const Sets& sets = trained.sets;
  const ExampleSet& examples = sets.validation.size() > 0 ? sets.validation : sets.train;
  std::vector<Tensor> rows;
  const size_t count = std::min(kProbeExamplesMax, examples.size());
  for (size_t i = 0; i < count; ++i) {
    // Spread over the set: examples are sorted by id, so neighbours are of one class.
    rows.push_back(examples.Plain(i * examples.size() / count).input);
  }
  Tensor input = Stack(rows);
  const at::Tensor logits =
      trained.network.Forward(trained.trainer.state().Final(), ToInput(input), {});
  return {{"input", std::move(input)}, {"output", FromTorch(logits)}};
}

/// The epoch whose weights are exported.
int ExportedEpoch(const Trainer& trainer) {
  const History& history = trainer.position().history;
  return trainer.state().keeps_best() ? history.Best()->epoch : history.epochs().back().epoch;
}

Json Facts(const Trained& trained) {
  const nets::Graph& graph = trained.network.graph();
  const History& history = trained.trainer.position().history;
  Json facts = {{"network", trained.job.model.network.value},
                {"parameters", graph.ParameterCount()},
                {"input_shape", graph.values[graph.inputs[0]].shape},
                {"labels", trained.labels},
                {"epochs", history.epochs().size()},
                {"exported_epoch", ExportedEpoch(trained.trainer)},
                {"steps", trained.trainer.position().step},
                {"threads", trained.trainer.threads()},
                {"seed", trained.job.seed},
                {"libtorch", TORCH_VERSION}};
  if (history.Best() != nullptr) facts["best_epoch"] = history.Best()->epoch;
  return facts;
}

}  // namespace

void Export(const Trained& trained) {
  const fs::path& folder = trained.job.output;
  const nets::WeightMap weights = FinalWeights(trained);
  nets::WriteSafetensors(folder / "weights.safetensors", weights);
  WriteFileDurably(folder / "network.onnx",
                   nets::WriteOnnx(trained.network.graph(), weights,
                                   {.producer_version = std::string(Version())}));
  nets::WriteSafetensors(folder / "probe.safetensors", Probe(trained));
  WriteJsonFile(folder / "history.json", trained.trainer.position().history.ToJson());
  WriteJsonFile(folder / "training.json", Facts(trained));
}

}  // namespace keelrow::train
