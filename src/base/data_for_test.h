#pragma once

#include <cstdlib>
#include <string>

#include "base/files.h"

namespace keelrow {

/// A file of the real data that some tests read; it is no part of a checkout.
inline fs::path DataForTest(const std::string& name) {
  const char* folder = std::getenv("KEELROW_DATA");
  return (folder != nullptr ? fs::path(folder) : fs::path(KEELROW_SOURCE_DIR) / "../shared/data") /
         name;
}

/// What a test says that is skipped without it.
inline std::string AbsentData(const std::string& name) {
  return "the data " + name + " is absent; name its folder in KEELROW_DATA";
}

}  // namespace keelrow
