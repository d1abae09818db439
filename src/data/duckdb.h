#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace keelrow::data {

/// A small table as text: what a manifest is. Cells that are null or missing are empty optionals.
struct TextTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;

  /// The column's index; throws kBadValue naming `name` and listing what there is.
  size_t Column(const std::string& name, const std::string& file) const;
  std::optional<size_t> FindColumn(const std::string& name) const;
};

/// Reads .csv, .tsv, .jsonl, .ndjson or .parquet through DuckDB, in the file's order. Throws
/// kSyntax with DuckDB's explanation, kNotFound, kPermission, kUnsupported for other endings;
/// kEnvironment when libduckdb.so is not to be found.
TextTable ReadTable(const std::filesystem::path& path);

/// The only door to DuckDB's other uses in this folder: runs one statement in a fresh database.
TextTable RunSql(const std::string& statement, const std::vector<std::string>& parameters);

/// Turns a file of JSON Lines into a Parquet file with the same columns.
void JsonLinesToParquet(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace keelrow::data
