#pragma once

#include <span>

#include "data/quality.h"
#include "pipeline/workspace.h"
#include "project/step_job.h"

/// One function a step; table.cpp says what each reads.
namespace keelrow::steps {

void Scan(const project::StepJob& job);
void Check(const project::StepJob& job);
void Split(const project::StepJob& job);
void Evaluate(const project::StepJob& job);
void Package(const project::StepJob& job);
void Gate(const project::StepJob& job);
void Report(const project::StepJob& job);
void Promote(const project::StepJob& job);

/// The list of examples that the first steps hand on (data/catalog.h).
inline constexpr const char* kExamplesFile = "examples.jsonl";

/// The quality gate as the configuration asks for it, of examples of its source.
data::QualityResult MeasureQuality(const project::StepJob& job,
                                   std::span<const data::Example> examples);

/// Hash of everything the source holds.
std::string SourceHash(const Json& config, const pipeline::Workspace& workspace);

}  // namespace keelrow::steps
