#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>

namespace keelrow::data {

struct JsonColumn {
  std::string name;
  std::string type;  // DuckDB's: "VARCHAR", "JSON", "STRUCT(bytes UBIGINT)"
};

/// Turns a file of JSON Lines into a Parquet file of these columns; other keys of a line do not
/// come with it. `to` appears whole and flushed, over an older one, with as many rows as there are
/// lines; only its owner may read it. Runs on the caller's thread alone, in bounded memory. Returns
/// the number of rows; nothing, and makes nothing, when `wanted` said no, which is asked every few
/// milliseconds. Throws kSyntax with DuckDB's explanation (so too when memory or disk ran out),
/// kCorrupt when rows are missing, kDiskFull, kIo, kPermission, kEnvironment without DuckDB.
std::optional<uint64_t> ParquetFromJsonLines(const std::filesystem::path& from,
                                             const std::filesystem::path& to,
                                             std::span<const JsonColumn> columns,
                                             const std::function<bool()>& wanted);

/// Where the file is made before it is whole: what a kill leaves of it may be removed.
std::filesystem::path ParquetDraft(const std::filesystem::path& to);

}  // namespace keelrow::data
