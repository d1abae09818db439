#include "train/trainer.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <cmath>

#include "base/error.h"
#include "base/parallel.h"
#include "base/stop.h"
#include "train/class_weights.h"
#include "train/evaluation.h"
#include "train/learn.h"
#include "train/schedule.h"

namespace keelrow::train {
namespace {

using Clock = Progress::Clock;

SamplerOptions SamplerFor(const TrainJob& job, const ExampleSet& examples) {
  return {.count = examples.size(), .batch_size = static_cast<size_t>(job.train.batch_size)};
}

at::Tensor ClassWeights(const TrainJob& job, const Interpreter& network, const ExampleSet& set) {
  if (job.train.class_weights.value != "balanced") return {};
  const nets::Graph& graph = network.graph();
  const int64_t classes = graph.values[graph.outputs[0]].shape[0];
  std::vector<int64_t> counts(static_cast<size_t>(classes));
  for (size_t i = 0; i < set.size(); ++i) ++counts[static_cast<size_t>(set.LabelOf(i))];
  return ToTorch(Tensor::Of({classes}, BalancedWeights(counts)));
}

}  // namespace

Trainer::Trainer(const TrainJob& job, const Interpreter& network, const Sets& sets)
    : job_(job),
      network_(network),
      sets_(sets),
      steps_per_epoch_(static_cast<int64_t>(OrderedBatches(SamplerFor(job, sets.train)).size())),
      start_(Clock::now()),
      class_weights_(ClassWeights(job, network, sets.train)),
      state_(network.graph(), job),
      threads_(job.train.threads > 0 ? job.train.threads : AvailableCores()) {
  if (job.train.early_stop > 0 && sets.validation.size() == 0) {
    throw Error(Code::kNoData, "`train.early_stop` is set, but there are no validation examples",
                {.hint = "give `data.split.validation` a share, or set `train.early_stop` to 0"});
  }
  Resume();
  at::set_num_threads(threads_);
}

std::filesystem::path Trainer::CheckpointPath(const TrainJob& job) {
  return job.scratch / "checkpoint.safetensors";
}

void Trainer::Resume() {
  std::optional<Checkpoint> found = ReadCheckpoint(CheckpointPath(job_), job_.identity);
  if (!found) return;
  state_.Restore(found->tensors);
  position_ = std::move(found->position);
  threads_ = found->threads;
}

void Trainer::Run() {
  progress_.emplace(
      Progress::Span{.first_step = position_.step, .steps = steps_per_epoch_ * job_.train.epochs},
      Clock::now());
  while (position_.epoch < job_.train.epochs) {
    RunEpoch();
    FinishEpoch();
    if (position_.history.ShouldStop(job_.train.early_stop)) return;
  }
}

void Trainer::RunEpoch() {
  const auto epoch = static_cast<uint64_t>(position_.epoch);
  Batches batches = ShuffledBatches(SamplerFor(job_, sets_.train), job_.seed, epoch);
  batches.erase(batches.begin(), batches.begin() + position_.step_in_epoch);
  Loader loader(std::move(batches), [&](size_t i) { return sets_.train.Augmented(i, epoch); },
                {.threads = job_.train.loader_threads});
  while (position_.step_in_epoch < steps_per_epoch_) {
    const std::optional<Batch> batch = loader.Next();
    if (!batch) SaveAndStop();
    LearnFrom(*batch);
    if (StopRequested()) SaveAndStop();
    if (position_.step % job_.train.checkpoint_every == 0) Save();
    ReportStep();
  }
}

void Trainer::LearnFrom(const Batch& batch) {
  const Pass pass{
      .training = true, .seed = job_.seed, .step = static_cast<uint64_t>(position_.step)};
  const double loss =
      Learn(network_, state_, batch,
            {.pass = pass, .rate = RateAt(position_.step), .class_weights = class_weights_});
  ++position_.step;
  ++position_.step_in_epoch;
  RequireFinite("loss", loss);
  AddLoss(loss, batch.size());
}

double Trainer::RateAt(int64_t step) const {
  const ScheduleSpan span{.steps = steps_per_epoch_ * job_.train.epochs,
                          .steps_per_epoch = steps_per_epoch_};
  return job_.train.optimizer.lr * RateFactor(job_.train.schedule, span, step);
}

void Trainer::RequireFinite(const char* which, double loss) const {
  if (std::isfinite(loss)) return;
  throw Error(Code::kDiverged,
              fmt::format("the {} became {} in epoch {}, step {}", which, loss, position_.epoch + 1,
                          position_.step_in_epoch),
              {.hint = fmt::format("lower `train.optimizer.lr` (now {}), or lengthen "
                                   "`train.schedule.warmup`",
                                   job_.train.optimizer.lr)});
}

void Trainer::AddLoss(double loss, int64_t examples) {
  position_.loss_sum += loss * static_cast<double>(examples);
  position_.loss_count += examples;
  examples_seen_ += examples;
}

void Trainer::FinishEpoch() {
  EpochRecord record{.epoch = position_.epoch + 1,
                     .step = position_.step,
                     .rate = RateAt(position_.step - 1),
                     .train_loss = position_.loss_sum / static_cast<double>(position_.loss_count)};
  if (sets_.validation.size() > 0) {
    const auto score = Evaluate(network_, state_.Evaluated(), sets_.validation,
                                {.threads = job_.train.loader_threads});
    if (!score) SaveAndStop();
    RequireFinite("validation loss", score->loss);
    record.validation_loss = score->loss;
    record.validation_accuracy = score->accuracy;
  }
  position_.history.Add(record);
  if (position_.history.LastIsBest()) state_.RememberBest();
  ++position_.epoch;
  position_.step_in_epoch = 0;
  position_.loss_sum = 0;
  position_.loss_count = 0;
  ReportEpoch(record);
}

void Trainer::ReportStep() {
  const auto event =
      progress_->At({.epoch = position_.epoch + 1,
                     .epochs = job_.train.epochs,
                     .step = position_.step,
                     .examples = examples_seen_,
                     .loss = position_.loss_sum / static_cast<double>(position_.loss_count)},
                    Clock::now());
  if (event) job::Emit(*event);
}

void Trainer::ReportEpoch(const EpochRecord& record) const {
  job::StepEvent event{.text = fmt::format("epoch {}/{}  loss {:.4f}", record.epoch,
                                           job_.train.epochs, record.train_loss),
                       .step = record.step,
                       .metrics = {{"train.loss", record.train_loss}, {"lr", record.rate}}};
  if (record.validation_loss) {
    event.text += fmt::format("  validation {:.4f}  accuracy {:.4f}", *record.validation_loss,
                              *record.validation_accuracy);
    event.metrics["validation.loss"] = *record.validation_loss;
    event.metrics["validation.accuracy"] = *record.validation_accuracy;
  }
  job::Emit(event);
}

double Trainer::SecondsSoFar() const {
  return position_.seconds + std::chrono::duration<double>(Clock::now() - start_).count();
}

void Trainer::Save() const {
  Checkpoint checkpoint{.identity = job_.identity,
                        .threads = threads_,
                        .position = position_,
                        .tensors = state_.Save()};
  checkpoint.position.seconds = SecondsSoFar();
  WriteCheckpoint(CheckpointPath(job_), checkpoint);
}

void Trainer::SaveAndStop() const {
  Save();
  throw Error(Code::kInterrupted,
              fmt::format("the training was stopped in epoch {} and can go on from there",
                          position_.epoch + 1),
              {.hint = "run the same command again"});
}

}  // namespace keelrow::train
