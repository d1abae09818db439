#include "train/run.h"

#include <fmt/format.h>

#include "base/error.h"
#include "train/export.h"
#include "train/setup.h"

namespace keelrow::train {
namespace {

void Train(const TrainJob& job) {
  RemoveDrafts(job.output);
  const data::Catalog catalog = data::ReadCatalog(job.catalog);
  const Preparation preparation = PreparationFor(job, catalog);
  const ExampleSet train(preparation, catalog.ForTraining());
  const ExampleSet validation(preparation, catalog.In(data::Subset::kValidation));
  if (train.size() == 0) {
    throw Error(Code::kNoData, fmt::format("{} has no training examples", job.catalog.string()));
  }
  const Interpreter network(BuildGraph(job, preparation, train));
  const Sets sets{.train = train, .validation = validation};
  Trainer trainer(job, network, sets);
  trainer.Run();
  Export({.job = job,
          .network = network,
          .trainer = trainer,
          .sets = sets,
          .labels = preparation.labels});
}

}  // namespace

void RunTrainStep(const job::StepJob& step) {
  const TrainJob job = ReadTrainJob(step);
  Guarded(job, [&] { Train(job); });
}

}  // namespace keelrow::train
