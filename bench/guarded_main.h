#pragma once

#include <cstdio>

#include "base/error.h"

namespace keelrow::bench {

/// What every program here does around its own `run`: an Error ends it with its text on standard
/// error and its exit code.
inline int GuardedMain(int (*run)(int argc, char** argv), int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const Error& error) {
    std::fputs(error.Render().c_str(), stderr);
    return Info(error.code()).exit_code;
  }
}

}  // namespace keelrow::bench
