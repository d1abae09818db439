#include "e2e/tiny_project.h"

namespace keelrow::tests {

TinyProject::TinyProject() {
  WriteTinyProject(folder_.path());
}

project::LoadedProject TinyProject::Load(const std::vector<std::string>& set) const {
  return project::Load(file(), {.set = set});
}

pipeline::Plan TinyProject::Plan(const project::LoadedProject& loaded,
                                 std::span<const pipeline::StepKind> table) const {
  return pipeline::MakePlan(table, loaded.canonical, workspace());
}

std::vector<std::string> TinyProject::Run(const pipeline::Plan& plan) const {
  return pipeline::Run(plan, workspace(), {.task = "image-classification"}).ran;
}

fs::path TinyProject::Output(const pipeline::Plan& plan, const std::string& step) const {
  return workspace().Cache(pipeline::ArtifactId(step, plan.Find(step)->key));
}

std::vector<std::string> Predicted(const pipeline::Plan& plan) {
  std::vector<std::string> names;
  for (const pipeline::PlannedStep& step : plan.steps) {
    if (step.action == pipeline::Action::kRun) names.push_back(step.kind->name);
  }
  return names;
}

}  // namespace keelrow::tests
