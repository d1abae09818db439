#pragma once

#include "job/step_job.h"

namespace keelrow::train {

/// The step `cross_validate`: trains once a fold on what data::AssignFolds leaves it, and answers
/// the examples that the fold holds back, which had no part in the training, not even in choosing
/// an epoch: for that a fold takes validation examples from its own training ones, with the share
/// of `data.split`. A stopped step goes on: with the fold that it was in, from its checkpoint.
///
/// Fills job.output:
///   predictions.jsonl       one line a held-back example, with its "fold" (evaluate/prediction.h)
///   cross_validation.json   counts and metrics of each fold; mean, deviation and interval of each
///                           metric (evaluate/interval.h)
///   label_errors.json       labels that are likely wrong (evaluate/label_errors.h), the surest
///                           first: id, label, suggested, score, error
///
/// Throws as RunTrainStep and data::AssignFolds.
void RunCrossValidationStep(const job::StepJob& step);

}  // namespace keelrow::train
