#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/workspace.h"
#include "project/project.h"
#include "track/store.h"

/// The subcommands: each parses, calls one function, prints. A command is a file of this folder
/// and a row of commands.cpp.
namespace keelrow::cli {

/// Options that every command understands.
struct Globals {
  std::string file = "keelrow.yaml";
  std::string env;
  std::string output = "table";  // or "json"
  std::vector<std::string> set;
  bool locked = false;
  bool offline = false;  // nothing in this version uses the network but `up`, which listens
  bool quiet = false;
  bool verbose = false;
  bool no_color = false;  // nor does anything print in colour yet

  bool json() const { return output == "json"; }
  project::LoadedProject LoadProject() const;
  pipeline::Workspace OpenWorkspace() const;
};

/// What a command's callback leaves for main: the exit code.
struct Outcome {
  int exit_code = 0;
};

struct Command {
  const char* name;
  const char* group;
  const char* help;
  void (*define)(CLI::App& command, Globals& globals, Outcome& outcome);
};

const std::vector<Command>& Commands();

/// Throws kGate for a version whose gate failed, unless it is forced.
void RequireGate(const track::ModelVersion& version, bool force);

/// "--force", …: those of one command.
std::vector<std::string> LongOptions(const CLI::App& app);

/// `keelrow data labels`, which is large enough for a file of its own.
void DefineLabels(CLI::App& command, Globals& globals, Outcome& outcome);

/// `keelrow data augment`, which writes a contact sheet.
void DefineAugment(CLI::App& command, Globals& globals);

/// `keelrow data label-errors`: what the newest cross-validation found.
void DefineLabelErrors(CLI::App& command, Globals& globals);

/// `keelrow models pack`: a bundle of a network that was trained elsewhere.
void DefinePack(CLI::App& command, Globals& globals);

void DefineInit(CLI::App& command, Globals& globals, Outcome& outcome);
void DefineData(CLI::App& command, Globals& globals, Outcome& outcome);
void DefinePlan(CLI::App& command, Globals& globals, Outcome& outcome);
void DefineRun(CLI::App& command, Globals& globals, Outcome& outcome);
void DefineClean(CLI::App& command, Globals& globals, Outcome& outcome);
void DefinePredict(CLI::App& command, Globals& globals, Outcome& outcome);
void DefineFeatures(CLI::App& command, Globals& globals, Outcome& outcome);
void DefineRuns(CLI::App& command, Globals& globals, Outcome& outcome);
void DefineModels(CLI::App& command, Globals& globals, Outcome& outcome);
void DefineRollout(CLI::App& command, Globals& globals, Outcome& outcome);
void DefineUp(CLI::App& command, Globals& globals, Outcome& outcome);
void DefineServe(CLI::App& command, Globals& globals, Outcome& outcome);
void DefineToken(CLI::App& command, Globals& globals, Outcome& outcome);
void DefineDeploy(CLI::App& command, Globals& globals, Outcome& outcome);
void DefineVersion(CLI::App& command, Globals& globals, Outcome& outcome);
void DefineDoctor(CLI::App& command, Globals& globals, Outcome& outcome);
void DefineHelpError(CLI::App& command, Globals& globals, Outcome& outcome);
void DefineDocs(CLI::App& command, Globals& globals, Outcome& outcome);
void DefineCompletion(CLI::App& command, Globals& globals, Outcome& outcome);
void DefineStep(CLI::App& command, Globals& globals, Outcome& outcome);

}  // namespace keelrow::cli
