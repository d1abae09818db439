#include "cli/commands.h"

namespace keelrow::cli {

const std::vector<Command>& Commands() {
  static const std::vector<Command> commands = {
      {"init", "Project", "Write a project that runs as it is", DefineInit},
      {"data", "Project", "Check the data of the project", DefineData},
      {"plan", "Project", "Show what would run, why, and for how long", DefinePlan},
      {"run", "Project", "Run what the plan says", DefineRun},
      {"clean", "Project", "Remove outputs that the newest run does not use", DefineClean},
      {"predict", "Models", "Answer files with a bundle", DefinePredict},
      {"features", "Models", "Write what a network makes of each example", DefineFeatures},
      {"runs", "Models", "List, show and compare runs", DefineRuns},
      {"models", "Models", "List, show, promote and roll back models", DefineModels},
      {"rollout", "Serving", "Bring a new version in step by step, and take it back",
       DefineRollout},
      {"up", "Serving", "Answer over HTTP with the promoted model", DefineUp},
      {"serve", "Serving", "Answer for a folder of models, as a container's command", DefineServe},
      {"token", "Serving", "Make, list and revoke tokens and API keys", DefineToken},
      {"deploy", "Serving", "Write what watches the service", DefineDeploy},
      {"version", "Keelrow", "Print the version", DefineVersion},
      {"doctor", "Keelrow", "Show what this machine offers and what is missing", DefineDoctor},
      {"help-error", "Keelrow", "Explain an error code", DefineHelpError},
      {"docs", "Keelrow", "Print the manual or the JSON Schema of the project file", DefineDocs},
      {"completion", "Keelrow", "Print a script with which a shell completes commands",
       DefineCompletion},
      {"step", "", "Run one step of a pipeline from its job file", DefineStep},
  };
  return commands;
}

std::vector<std::string> LongOptions(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

project::LoadedProject Globals::LoadProject() const {
  return project::Load(file, {.set = set, .env = env});
}

pipeline::Workspace Globals::OpenWorkspace() const {
  project::RequireFile(file);  // else .keelrow/ would appear wherever somebody mistypes
  return pipeline::Workspace(file);
}

}  // namespace keelrow::cli
