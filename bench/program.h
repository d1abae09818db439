#pragma once

#include "base/process.h"
#include "case.h"

namespace keelrow::bench {

/// What a program left behind.
struct Ran {
  double seconds = 0;  // from before the start to after the end
  Json result;         // the last line of its standard output, where that is JSON; else null
};

/// Runs a program to its end. Its standard error goes to `command.log`. Throws kFailed, with the
/// end of the log, where it does not end well; kInterrupted when a stop is requested.
Ran Run(const Command& command);

/// The same for a program that prints JSON over several lines.
Json RunForJson(const Command& command);

}  // namespace keelrow::bench
