#pragma once

#include <filesystem>

#include "base/json.h"

namespace keelrow::steps {

/// The largest difference that the engine may show against the trainer on the same inputs.
inline constexpr double kExportDifferenceMax = 1e-4;

/// Runs the trainer's probe (inputs and its own outputs) through the engine. Returns
/// {"max_difference", "examples", "engine"}; throws kCorrupt above kExportDifferenceMax.
Json CheckExport(const std::filesystem::path& network, const std::filesystem::path& probe);

}  // namespace keelrow::steps
