#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "measure.h"

namespace keelrow::bench {

/// The rows of files in JSON Lines, as `-o json` prints them.
std::vector<Row> ReadRows(std::span<const std::filesystem::path> files);

/// docs/benchmarks.md: a table for each suite, and what each case measures.
std::string RenderPage(std::span<const Row> rows);

/// The same rows for a terminal.
std::string RenderRows(std::span<const Row> rows);

}  // namespace keelrow::bench
