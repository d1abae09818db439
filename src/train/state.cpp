#include "train/state.h"

#include "base/error.h"
#include "train/initial.h"

namespace keelrow::train {
namespace {

void AddAll(NamedTensors& all, const std::string& prefix, const std::vector<std::string>& names,
            const Parameters& tensors) {
  for (size_t i = 0; i < names.size(); ++i) all[prefix + names[i]] = tensors[i];
}

}  // namespace

State::State(const nets::Graph& graph, const TrainJob& job)
    : live_(StartingParameters(graph, job)) {
  const project::OptimizerConfig& config = job.train.optimizer;
  for (const nets::Graph::Parameter& parameter : graph.parameters) names_.push_back(parameter.name);
  optimizer_ = MakeOptimizer(config, GroupParameters(graph, live_, config.weight_decay));
  if (job.train.ema > 0) ema_.emplace(job.train.ema, live_);
  if (job.train.early_stop > 0) best_ = Copy(live_);
}

void State::UpdateEma(int64_t step) {
  if (ema_) ema_->Update(live_, step);
}

void State::RememberBest() {
  if (best_) best_ = Copy(Evaluated());
}

NamedTensors State::Tensors() const {
  NamedTensors all;
  AddAll(all, "live.", names_, live_);
  for (const auto& [name, tensor] : optimizer_->State()) all["optimizer." + name] = tensor;
  if (ema_) AddAll(all, "ema.", names_, ema_->parameters());
  if (best_) AddAll(all, "best.", names_, *best_);
  return all;
}

nets::WeightMap State::Save() const {
  nets::WeightMap saved;
  for (const auto& [name, tensor] : Tensors()) saved[name] = FromTorch(tensor);
  return saved;
}

void State::Restore(const nets::WeightMap& saved) {
  for (const auto& [name, tensor] : Tensors()) {
    const auto found = saved.find(name);
    if (found == saved.end()) {
      throw Error(Code::kCorrupt, "the checkpoint lacks the tensor " + name);
    }
    CopyInto(tensor, found->second, name);
  }
}

}  // namespace keelrow::train
