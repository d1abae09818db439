#include "data/duckdb.h"

#include <fmt/format.h>

#include <array>

#include "base/files.h"
#include "base/text.h"
#include "data/duckdb_api.h"

namespace keelrow::data {
namespace {

struct Format {
  std::string_view ending;
  std::string_view reader;
};
constexpr std::array<Format, 5> kFormats = {{
    {".csv", "read_csv($1, all_varchar=true, header=true)"},
    {".tsv", "read_csv($1, all_varchar=true, header=true, delim='\t')"},
    {".jsonl", "read_json($1, format='newline_delimited')"},
    {".ndjson", "read_json($1, format='newline_delimited')"},
    {".parquet", "read_parquet($1)"},
}};

}  // namespace

std::optional<size_t> TextTable::FindColumn(const std::string& name) const {
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] == name) return i;
  }
  return std::nullopt;
}

size_t TextTable::Column(const std::string& name, const std::string& file) const {
  if (const auto found = FindColumn(name)) return *found;
  const std::string near = DidYouMean(name, columns);
  throw Error(Code::kBadValue, fmt::format("{} has no column `{}`", file, name),
              {.hint = near.empty() ? "it has " + JoinText(columns, ", ") : near});
}

TextTable RunSql(const std::string& statement, const std::vector<std::string>& parameters) {
  const Database database;
  return Statement(database, statement).Execute(parameters);
}

TextTable ReadTable(const fs::path& path) {
  for (const Format& format : kFormats) {
    if (path.extension() != format.ending) continue;
    try {
      return RunSql(fmt::format("SELECT COLUMNS(*)::VARCHAR FROM {}", format.reader),
                    {Literally(path.string())});
    } catch (const Error& error) {
      if (error.code() != Code::kSyntax) throw;
      throw error.Wrap(fmt::format("{} cannot be read as a table", path.string()));
    }
  }
  throw Error(Code::kUnsupported, fmt::format("{} is not a table that is read here", path.string()),
              {.hint = "CSV, TSV, JSON Lines and Parquet are, by these endings: .csv .tsv .jsonl "
                       ".ndjson .parquet"});
}

void JsonLinesToParquet(const fs::path& from, const fs::path& to) {
  const Database database;
  Statement(database, fmt::format("COPY (SELECT * FROM read_json({}, format='newline_delimited')) "
                                  "TO {} (FORMAT PARQUET)",
                                  Quoted(Literally(from.string())), Quoted(to.string())))
      .Run();
}

}  // namespace keelrow::data
