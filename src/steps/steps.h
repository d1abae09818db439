#pragma once

#include <span>

#include "data/quality.h"
#include "job/step_job.h"
#include "pipeline/workspace.h"

/// One function a step; table.cpp says what each reads.
namespace keelrow::steps {

void Scan(const job::StepJob& job);
void Check(const job::StepJob& job);
void Split(const job::StepJob& job);
void Evaluate(const job::StepJob& job);
void Package(const job::StepJob& job);
void Gate(const job::StepJob& job);
void Report(const job::StepJob& job);
void Promote(const job::StepJob& job);

/// The list of examples that the first steps hand on (data/catalog.h).
inline constexpr const char* kExamplesFile = "examples.jsonl";

/// Pairs of them that look alike, found by the step `check`.
inline constexpr const char* kNearDuplicatesFile = "near_duplicates.jsonl";

/// The quality gate as the configuration asks for it, of examples of its source.
data::QualityResult MeasureQuality(const job::StepJob& job,
                                   std::span<const data::Example> examples);

/// Hash of everything the source holds.
std::string SourceHash(const Json& config, const pipeline::Workspace& workspace);
/// Hash of the file of weights that the training starts from; empty when it starts from none.
std::string PretrainedHash(const Json& config, const pipeline::Workspace& workspace);

}  // namespace keelrow::steps
