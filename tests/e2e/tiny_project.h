#pragma once

#include <filesystem>
#include <string>

#include "e2e/tiny_files.h"
#include "pipeline/runner.h"
#include "project/project.h"

/// The tiny project through the pipeline's own interface.
namespace keelrow::tests {

class TinyProject {
 public:
  TinyProject();

  fs::path file() const { return folder_.path() / "keelrow.yaml"; }
  fs::path data() const { return folder_.path() / "data"; }
  pipeline::Workspace workspace() const { return pipeline::Workspace(file()); }

  project::LoadedProject Load(const std::vector<std::string>& set = {}) const;
  pipeline::Plan Plan(const project::LoadedProject& loaded,
                      std::span<const pipeline::StepKind> table) const;
  /// The steps that ran.
  std::vector<std::string> Run(const pipeline::Plan& plan) const;
  /// Output folder of a step of the plan.
  fs::path Output(const pipeline::Plan& plan, const std::string& step) const;

 private:
  TemporaryFolder folder_;
};

/// Names of the steps that a plan would run, in order.
std::vector<std::string> Predicted(const pipeline::Plan& plan);

}  // namespace keelrow::tests
