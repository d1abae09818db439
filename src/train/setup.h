#pragma once

#include <functional>

#include "data/catalog.h"
#include "nets/graph.h"
#include "train/example_set.h"
#include "train/job.h"

namespace keelrow::train {

/// What the examples of a job have in common. Throws as data::OpenSource.
Preparation PreparationFor(const TrainJob& job, const data::Catalog& catalog);

/// The network of the job, for pictures as `examples` (at least one) gives them.
nets::Graph BuildGraph(const TrainJob& job, const Preparation& preparation,
                       const ExampleSet& examples);

/// Removes from a folder what a killed predecessor was about to write. Nobody else writes into a
/// step's output folder.
void RemoveDrafts(const std::filesystem::path& folder);

/// Runs `body`; errors of LibTorch and of the standard library come out as keelrow::Error, and
/// those of a training that failed say where its last good weights are kept.
void Guarded(const TrainJob& job, const std::function<void()>& body);

}  // namespace keelrow::train
