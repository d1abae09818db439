#pragma once

#include <memory>
#include <optional>

#include "nets/weights.h"
#include "train/checkpoint.h"
#include "train/ema.h"
#include "train/job.h"
#include "train/optimizer.h"

namespace keelrow::train {

/// All tensors that a training has. What is not in here (and in Position) cannot influence what
/// comes next; that is what makes a resumed training bit-identical.
class State {
 public:
  State(const nets::Graph& graph, const TrainJob& job);

  Parameters& live() { return live_; }
  /// Parameters in scope take gradients, the others none.
  void Unfreeze(Scope scope);
  Optimizer& optimizer() { return *optimizer_; }

  /// The weights that are evaluated and exported: the average where there is one.
  const Parameters& Evaluated() const { return ema_ ? ema_->parameters() : live_; }
  /// What training ends with: the best epoch's weights where they are kept, else the last.
  const Parameters& Final() const { return best_ ? *best_ : Evaluated(); }
  bool keeps_best() const { return best_.has_value(); }

  void UpdateEma(int64_t step);
  void RememberBest();
  /// Whether all live and averaged weights are numbers.
  bool IsFinite() const;

  nets::WeightMap Save() const;
  /// kCorrupt when a tensor is missing or has another shape.
  void Restore(const nets::WeightMap& saved);

 private:
  NamedTensors Tensors() const;

  std::vector<std::string> names_;  // of the parameters
  std::vector<size_t> body_;        // trainable parameters that are not the classifier's
  Parameters live_;
  std::unique_ptr<Optimizer> optimizer_;
  std::optional<Ema> ema_;
  std::optional<Parameters> best_;
};

}  // namespace keelrow::train
