#pragma once

#include <span>
#include <string>

#include "job/step_job.h"
#include "pipeline/step_kind.h"
#include "project/project.h"

/// The steps themselves: what `keelrow step NAME job.json` does. Each is a file of this folder and
/// a row of table.cpp; the pipeline knows none of them by name.
namespace keelrow::steps {

struct Step {
  pipeline::StepKind kind;
  /// Fills job.output. Null when another program does the work.
  void (*run)(const job::StepJob& job) = nullptr;
  /// Whether a project asks for the step. Null: every one does.
  bool (*wanted)(const project::Project& project) = nullptr;
};

/// The pipeline of a project, in order, as the planner takes it: steps that it does not ask for
/// are left out, and nobody waits for them.
std::vector<pipeline::StepKind> KindsFor(const project::Project& project);

/// The task's rules over the whole project that the project file's own description cannot know, so
/// that a mistake shows before hours of training. Throws kBadValue.
void CheckProject(const project::Project& project);

/// Runs a step of this program in this process. Throws kNotFound.
void RunStep(const job::StepJob& job);

}  // namespace keelrow::steps
