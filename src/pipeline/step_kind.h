#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "pipeline/workspace.h"

namespace keelrow::pipeline {

/// Content outside the pipeline that a step reads.
struct Outside {
  const char* what = "";  // "data": in messages and in the lock
  /// Its hash; empty when the configuration names none.
  std::string (*hash)(const Json& config, const Workspace& workspace) = nullptr;
};

/// One step as its table declares it. A step is a command with declared files in and out, never a
/// closure: the pipeline starts `PROGRAM step NAME job.json`, gives it only the configuration and
/// the inputs named here, and takes only its output folder. So what is not declared cannot matter,
/// and the key below is complete.
struct StepKind {
  std::string name;
  std::string help;
  int version = 1;                  // raise when the step's code gives other results
  std::string program = "keelrow";  // or "keelrow-trainer"
  std::vector<std::string> after;   // steps whose output folders it reads
  std::vector<std::string> config;  // dotted keys of the project file that it reads
  std::map<std::string, std::string> environment = {};  // added for its process; no part of a key
  bool resumable = false;  // it has a scratch folder, which survives until its output is finished
  bool registry = false;   // it reads or changes the registry of models, beyond its output folder
  Outside outside = {};
};

}  // namespace keelrow::pipeline
