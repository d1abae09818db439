#pragma once

#include <filesystem>

#include "hybrid/hybrid.h"
#include "project/serve_hybrid.h"

namespace keelrow::hybrid {

struct HybridFolders {
  std::filesystem::path workspace;  // what was spent
  std::filesystem::path project;    // what relative paths of secrets start from
};

/// From `serve.hybrid` of the project file; model_of and on_call are left to the caller. Throws
/// kBadValue for a URL that is none, or http:// to another machine without `plain_http`.
HybridOptions OptionsOf(const project::HybridConfig& config, const HybridFolders& folders);

}  // namespace keelrow::hybrid
