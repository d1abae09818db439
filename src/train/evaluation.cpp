#include "train/evaluation.h"

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/softmax.h>
#include <c10/core/GradMode.h>

namespace keelrow::train {
namespace {

/// Without gradients to keep, more fits into memory at once than in training.
constexpr size_t kBatchSize = 256;

/// Shows every batch with its logits, in order; false when a stop was requested.
template <class Visit>
bool ForEachAnswer(const Interpreter& network, const Parameters& parameters,
                   const ExampleSet& examples, const Loader::Options& options, Visit visit) {
  const c10::AutoGradMode no_gradients(false);
  const Batches batches = OrderedBatches({.count = examples.size(), .batch_size = kBatchSize});
  Loader loader(
      batches, [&](size_t i) { return examples.Plain(i); }, options);
  for (size_t i = 0; i < batches.size(); ++i) {
    const std::optional<Batch> batch = loader.Next();
    if (!batch) return false;
    visit(network.Forward(parameters, ToInput(batch->input), {}), *batch);
  }
  return true;
}

}  // namespace

at::Tensor ToInput(const Tensor& input) {
  at::Tensor rows = ToTorch(input);
  if (rows.dim() != 4) return rows;
  // Not contiguous(): with one channel both layouts are the same bytes and it would change nothing,
  // but operators choose their layout by the strides.
  return at::empty(rows.sizes(), rows.options(), at::MemoryFormat::ChannelsLast).copy_(rows);
}

std::optional<Score> Evaluate(const Interpreter& network, const Parameters& parameters,
                              const ExampleSet& examples, const Loader::Options& options) {
  double loss_sum = 0;
  int64_t right = 0;
  const auto add = [&](const at::Tensor& logits, const Batch& batch) {
    const at::Tensor labels = ToTorch(batch.labels);
    const double loss = at::cross_entropy_loss(logits, labels).item<double>();
    loss_sum += loss * static_cast<double>(batch.size());
    right += logits.argmax(1).eq(labels).sum().item<int64_t>();
  };
  if (!ForEachAnswer(network, parameters, examples, options, add)) return std::nullopt;
  const auto count = static_cast<double>(examples.size());
  return Score{.loss = loss_sum / count, .accuracy = static_cast<double>(right) / count};
}

std::optional<std::vector<std::vector<float>>> Probabilities(const Interpreter& network,
                                                             const Parameters& parameters,
                                                             const ExampleSet& examples,
                                                             const Loader::Options& options) {
  std::vector<std::vector<float>> rows;
  const auto add = [&](const at::Tensor& logits, const Batch& batch) {
    const at::Tensor probabilities = at::softmax(logits, 1).contiguous();
    const auto* values = probabilities.const_data_ptr<float>();
    const int64_t classes = probabilities.size(1);
    for (int64_t i = 0; i < batch.size(); ++i) {
      rows.emplace_back(values + i * classes, values + (i + 1) * classes);
    }
  };
  if (!ForEachAnswer(network, parameters, examples, options, add)) return std::nullopt;
  return rows;
}

}  // namespace keelrow::train
