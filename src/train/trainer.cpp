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

LearnOptions LearnOptionsFor(const TrainJob& job, const Interpreter& network,
                             const ExampleSet& examples) {
  return {.seed = job.seed,
          .accumulate = job.train.accumulate,
          .clip_norm = job.train.clip_norm,
          .label_smoothing = job.train.label_smoothing,
          .bfloat16 = job.train.precision.value == "bfloat16",
          .class_weights = ClassWeights(job, network, examples)};
}

int64_t Steps(int64_t batches, int64_t accumulate) {
  return (batches + accumulate - 1) / accumulate;
}

}  // namespace

Trainer::Trainer(const TrainJob& job, const Interpreter& network, const Sets& sets,
                 std::function<void(const job::StepEvent&)> report)
    : job_(job),
      network_(network),
      sets_(sets),
      report_(std::move(report)),
      batches_per_epoch_(static_cast<int64_t>(OrderedBatches(SamplerFor(job, sets.train)).size())),
      steps_per_epoch_(Steps(batches_per_epoch_, job.train.accumulate)),
      start_(Clock::now()),
      learn_(LearnOptionsFor(job, network, sets.train)),
      state_(network.graph(), job),
      threads_(job.train.threads > 0 ? job.train.threads : AvailableCores()) {
  if (sets.validation.size() == 0) project::CheckWithoutValidation(job.train, Code::kNoData);
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
  Loader loader(BatchesToCome(), [&](size_t i) { return sets_.train.Augmented(i, epoch); },
                {.threads = job_.train.loader_threads});
  while (position_.step_in_epoch < steps_per_epoch_) {
    const std::vector<Batch> batches = NextStep(loader);
    if (batches.empty()) SaveAndStop();
    LearnFrom(batches);
    if (StopRequested()) SaveAndStop();
    if (position_.step % job_.train.checkpoint_every == 0) Save();
    ReportStep();
  }
}

int64_t Trainer::BatchesDone() const {
  return std::min(position_.step_in_epoch * job_.train.accumulate, batches_per_epoch_);
}

Batches Trainer::BatchesToCome() const {
  Batches batches = ShuffledBatches(SamplerFor(job_, sets_.train), job_.seed,
                                    static_cast<uint64_t>(position_.epoch));
  batches.erase(batches.begin(), batches.begin() + BatchesDone());
  return batches;
}

std::vector<Batch> Trainer::NextStep(Loader& loader) const {
  const int64_t count =
      std::min<int64_t>(job_.train.accumulate, batches_per_epoch_ - BatchesDone());
  std::vector<Batch> batches;
  for (int64_t i = 0; i < count; ++i) {
    std::optional<Batch> batch = loader.Next();
    if (!batch) return {};
    batches.push_back(Mixed(std::move(*batch), BatchesDone() + i));
  }
  return batches;
}

Batch Trainer::Mixed(Batch batch, int64_t number) const {
  if (!job_.train.mix.on()) return batch;
  Random random(job_.seed, "mix",
                {static_cast<uint64_t>(position_.epoch), static_cast<uint64_t>(number)});
  const nets::Graph& graph = network_.graph();
  const int64_t classes = graph.values[graph.outputs[0]].shape[0];
  transforms::MixedBatch mixed =
      transforms::Mix(std::move(batch.input), batch.labels, classes, job_.train.mix, random);
  return {.input = std::move(mixed.input),
          .labels = std::move(batch.labels),
          .targets = std::move(mixed.targets)};
}

void Trainer::LearnFrom(std::span<const Batch> batches) {
  const double loss =
      Learn(network_, state_, batches, learn_,
            {.step = position_.step, .rate = RateAt(position_.step), .scope = ScopeNow()});
  ++position_.step;
  ++position_.step_in_epoch;
  last_loss_ = loss;
  RequireUsable("loss", loss);
  for (const Batch& batch : batches) AddLoss(loss, batch.size());
}

double Trainer::RateAt(int64_t step) const {
  const std::vector<double> losses = position_.history.ValidationLosses();
  const project::ScheduleConfig& schedule = job_.train.schedule;
  return job_.train.optimizer.lr *
         FindSchedule(schedule.name.value)
             .factor(schedule, {.step = step,
                                .steps = steps_per_epoch_ * job_.train.epochs,
                                .steps_per_epoch = steps_per_epoch_,
                                .validation_losses = losses});
}

Scope Trainer::ScopeNow() const {
  return position_.epoch < job_.train.freeze_epochs ? Scope::kHead : Scope::kAll;
}

void Trainer::RequireUsable(const char* which, double loss) const {
  if (std::isfinite(loss)) return;
  Diverged(fmt::format("the {} became {}", which, loss));
}

double Trainer::EpochLoss() const {
  return position_.loss_sum / static_cast<double>(position_.loss_count);
}

bool Trainer::HasRunAway(double loss) const {
  constexpr double kTimes = 4;
  const nets::Graph& graph = network_.graph();
  const auto classes = static_cast<double>(graph.values[graph.outputs[0]].shape[0]);
  return loss > kTimes * std::log(std::max(2.0, classes));
}

void Trainer::Diverged(const std::string& what) const {
  throw Error(
      Code::kDiverged,
      fmt::format("{} in epoch {}, step {}", what, position_.epoch + 1, position_.step_in_epoch),
      {.hint = fmt::format("lower `train.optimizer.lr` (now {}), lengthen "
                           "`train.schedule.warmup`, or set `train.clip_norm`",
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
                     .train_loss = EpochLoss()};
  if (sets_.validation.size() > 0) {
    const auto score = Evaluate(network_, state_.Evaluated(), sets_.validation,
                                {.threads = job_.train.loader_threads});
    if (!score) SaveAndStop();
    RequireUsable("validation loss", score->loss);
    record.validation_loss = score->loss;
    record.validation_accuracy = score->accuracy;
  }
  // A first epoch may still come down from an unlucky start.
  if (position_.epoch > 0 && HasRunAway(record.train_loss)) {
    Diverged(fmt::format("the loss grew to {:.4g}", record.train_loss));
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
  const auto event = progress_->At({.epoch = position_.epoch + 1,
                                    .epochs = job_.train.epochs,
                                    .step = position_.step,
                                    .examples = examples_seen_,
                                    .loss = EpochLoss()},
                                   Clock::now());
  if (event) report_(*event);
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
  report_(event);
}

double Trainer::SecondsSoFar() const {
  return position_.seconds + std::chrono::duration<double>(Clock::now() - start_).count();
}

void Trainer::Save() const {
  if (!state_.IsFinite()) Diverged("a weight became no number");
  if (HasRunAway(last_loss_)) return;  // the checkpoint of before is the last good one
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
