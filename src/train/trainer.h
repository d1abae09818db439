#pragma once

#include <functional>

#include "train/example_set.h"
#include "train/interpreter.h"
#include "train/learn.h"
#include "train/progress.h"
#include "train/state.h"

namespace keelrow::train {

/// What is trained on. The sets outlive the trainer.
struct Sets {
  const ExampleSet& train;
  const ExampleSet& validation;  // may be empty
};

/// The training loop: epochs of steps, a validation pass after each, checkpoints in between. For
/// one thread; LibTorch adds its own inside an operator, and loaders theirs.
class Trainer {
 public:
  /// Goes on from the checkpoint in job.scratch when there is one. `job` and `network` outlive it.
  /// kNoData when the job needs validation examples and there are none. `report` takes progress
  /// and metrics.
  Trainer(const TrainJob& job, const Interpreter& network, const Sets& sets,
          std::function<void(const job::StepEvent&)> report = job::Emit);

  /// Until the last epoch or an early stop. Throws kInterrupted, after writing a checkpoint, when a
  /// stop is requested; kDiverged when the loss or a weight is no number any more, or the loss
  /// has grown beyond all use. The checkpoint of before stays.
  void Run();

  const State& state() const { return state_; }
  const Position& position() const { return position_; }
  int threads() const { return threads_; }
  double SecondsSoFar() const;

  static std::filesystem::path CheckpointPath(const TrainJob& job);

 private:
  void Resume();
  void RunEpoch();
  int64_t BatchesDone() const;  // of the epoch
  Batches BatchesToCome() const;
  std::vector<Batch> NextStep(Loader& loader) const;  // empty: a stop was requested
  Batch Mixed(Batch batch, int64_t number) const;     // that of the epoch, from 0
  void LearnFrom(std::span<const Batch> batches);
  double RateAt(int64_t step) const;
  Scope ScopeNow() const;
  void RequireUsable(const char* which, double loss) const;  // kDiverged
  double EpochLoss() const;                                  // mean of the epoch so far
  /// Whether the loss is many times that of guessing.
  bool HasRunAway(double loss) const;
  [[noreturn]] void Diverged(const std::string& what) const;
  void AddLoss(double loss, int64_t examples);
  void FinishEpoch();
  void ReportStep();
  void ReportEpoch(const EpochRecord& record) const;
  void Save() const;  // kDiverged, before the file is touched, when a weight is no number
  [[noreturn]] void SaveAndStop() const;

  const TrainJob& job_;
  const Interpreter& network_;
  const Sets sets_;
  const std::function<void(const job::StepEvent&)> report_;
  const int64_t batches_per_epoch_;
  const int64_t steps_per_epoch_;
  const Progress::Clock::time_point start_;
  const LearnOptions learn_;
  State state_;
  Position position_;
  int threads_;
  std::optional<Progress> progress_;
  int64_t examples_seen_ = 0;  // by this process
  double last_loss_ = 0;       // of this process's newest step
};

}  // namespace keelrow::train
