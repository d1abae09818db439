#include "train/state.h"

#include <ATen/ops/isfinite.h>

#include <algorithm>

#include "base/error.h"
#include "train/initial.h"

namespace keelrow::train {
namespace {

void AddAll(NamedTensors& all, const std::string& prefix, const std::vector<std::string>& names,
            const Parameters& tensors) {
  for (size_t i = 0; i < names.size(); ++i) all[prefix + names[i]] = tensors[i];
}

std::vector<size_t> Body(const nets::Graph& graph) {
  const std::vector<int> head = graph.HeadParameters();
  std::vector<size_t> body;
  for (size_t i = 0; i < graph.parameters.size(); ++i) {
    const bool in_head = std::ranges::find(head, static_cast<int>(i)) != head.end();
    if (graph.parameters[i].trainable && !in_head) body.push_back(i);
  }
  return body;
}

}  // namespace

State::State(const nets::Graph& graph, const TrainJob& job)
    : body_(Body(graph)), live_(StartingParameters(graph, job)) {
  for (const nets::Graph::Parameter& parameter : graph.parameters) names_.push_back(parameter.name);
  optimizer_ = MakeOptimizer(job.train.optimizer, GroupParameters(graph, live_, job.train));
  if (job.train.ema > 0) ema_.emplace(job.train.ema, live_);
  if (job.train.early_stop > 0) best_ = Copy(live_);
}

void State::Unfreeze(Scope scope) {
  for (const size_t index : body_) live_[index].set_requires_grad(scope == Scope::kAll);
}

bool State::IsFinite() const {
  const auto finite = [](const at::Tensor& tensor) {
    return tensor.detach().isfinite().all().item<bool>();
  };
  return std::ranges::all_of(live_, finite) && std::ranges::all_of(Evaluated(), finite);
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
