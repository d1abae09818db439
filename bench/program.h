#pragma once

#include <string>

#include "base/json.h"
#include "base/process.h"

namespace keelrow::bench {

/// What a program left behind.
struct Ran {
  double seconds = 0;  // from before its start to after its end
  std::string output;  // its standard output

  /// The output as JSON, or else its last line. kCorrupt where neither is JSON.
  Json Answer() const;
};

/// Runs a program to its end; what it says on standard error goes to `log`. kStepFailed, naming the
/// log, where it fails; kInterrupted when a stop is requested.
Ran Run(const std::vector<std::string>& arguments, const std::filesystem::path& log);

}  // namespace keelrow::bench
