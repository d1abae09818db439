#include "data/duckdb.h"

#include <dlfcn.h>
#include <duckdb.h>
#include <fmt/format.h>

#include <array>
#include <memory>

#include "base/error.h"
#include "base/files.h"
#include "base/text.h"

namespace keelrow::data {
namespace {

/// The functions of DuckDB's C API that are used here, found by name when first needed.
struct Api {
  decltype(&duckdb_create_config) create_config;
  decltype(&duckdb_set_config) set_config;
  decltype(&duckdb_destroy_config) destroy_config;
  decltype(&duckdb_open_ext) open_ext;
  decltype(&duckdb_close) close;
  decltype(&duckdb_connect) connect;
  decltype(&duckdb_disconnect) disconnect;
  decltype(&duckdb_prepare) prepare;
  decltype(&duckdb_prepare_error) prepare_error;
  decltype(&duckdb_destroy_prepare) destroy_prepare;
  decltype(&duckdb_bind_varchar_length) bind_varchar_length;
  decltype(&duckdb_execute_prepared) execute_prepared;
  decltype(&duckdb_result_error) result_error;
  decltype(&duckdb_destroy_result) destroy_result;
  decltype(&duckdb_column_count) column_count;
  decltype(&duckdb_column_name) column_name;
  decltype(&duckdb_fetch_chunk) fetch_chunk;
  decltype(&duckdb_destroy_data_chunk) destroy_data_chunk;
  decltype(&duckdb_data_chunk_get_size) data_chunk_get_size;
  decltype(&duckdb_data_chunk_get_vector) data_chunk_get_vector;
  decltype(&duckdb_vector_get_data) vector_get_data;
  decltype(&duckdb_vector_get_validity) vector_get_validity;
  decltype(&duckdb_free) free;
};

template <class F>
void Find(void* library, const char* name, F& function) {
  function = reinterpret_cast<F>(::dlsym(library, name));
  if (function == nullptr) {
    throw Error(Code::kEnvironment, fmt::format("libduckdb.so has no `{}`", name),
                {.hint = "DuckDB 1.4 or newer is needed"});
  }
}

/// Beside an installed program, where the build found it, then wherever the system looks.
void* OpenLibrary() {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  const std::array<std::string, 3> places = {
      (program.parent_path().parent_path() / "lib/keelrow/libduckdb.so").string(),
      KEELROW_DUCKDB_LIBRARY, "libduckdb.so"};
  for (const std::string& place : places) {
    if (void* library = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
  }
  throw Error(Code::kEnvironment, "libduckdb.so, which reads tables, was not found",
              {.hint = "looked in " + JoinText(places, ", ")});
}

Api Load() {
  void* library = OpenLibrary();
  Api api{};
  Find(library, "duckdb_create_config", api.create_config);
  Find(library, "duckdb_set_config", api.set_config);
  Find(library, "duckdb_destroy_config", api.destroy_config);
  Find(library, "duckdb_open_ext", api.open_ext);
  Find(library, "duckdb_close", api.close);
  Find(library, "duckdb_connect", api.connect);
  Find(library, "duckdb_disconnect", api.disconnect);
  Find(library, "duckdb_prepare", api.prepare);
  Find(library, "duckdb_prepare_error", api.prepare_error);
  Find(library, "duckdb_destroy_prepare", api.destroy_prepare);
  Find(library, "duckdb_bind_varchar_length", api.bind_varchar_length);
  Find(library, "duckdb_execute_prepared", api.execute_prepared);
  Find(library, "duckdb_result_error", api.result_error);
  Find(library, "duckdb_destroy_result", api.destroy_result);
  Find(library, "duckdb_column_count", api.column_count);
  Find(library, "duckdb_column_name", api.column_name);
  Find(library, "duckdb_fetch_chunk", api.fetch_chunk);
  Find(library, "duckdb_destroy_data_chunk", api.destroy_data_chunk);
  Find(library, "duckdb_data_chunk_get_size", api.data_chunk_get_size);
  Find(library, "duckdb_data_chunk_get_vector", api.data_chunk_get_vector);
  Find(library, "duckdb_vector_get_data", api.vector_get_data);
  Find(library, "duckdb_vector_get_validity", api.vector_get_validity);
  Find(library, "duckdb_free", api.free);
  return api;
}

/// Loaded once, by the first thread that needs it, and kept.
const Api& Duck() {
  static const Api api = Load();
  return api;
}

Error SqlError(const char* message) {
  const std::string text = message == nullptr ? "it gave no reason" : message;
  return Error(Code::kSyntax, SplitText(text, '\n').front());
}

/// A database in memory that never goes to the network for an extension.
class Database {
 public:
  Database() {
    duckdb_config config = nullptr;
    Duck().create_config(&config);
    Duck().set_config(config, "autoinstall_known_extensions", "false");
    char* message = nullptr;
    const bool open = Duck().open_ext(nullptr, &database_, config, &message) == DuckDBSuccess &&
                      Duck().connect(database_, &connection_) == DuckDBSuccess;
    Duck().destroy_config(&config);
    if (open) return;
    const Error failure(Code::kEnvironment, fmt::format("DuckDB does not start: {}",
                                                        message == nullptr ? "" : message));
    Duck().free(message);
    Duck().close(&database_);
    throw failure;
  }
  ~Database() {
    Duck().disconnect(&connection_);
    Duck().close(&database_);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  duckdb_connection connection() const { return connection_; }

 private:
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

class Statement {
 public:
  Statement(const Database& database, const std::string& sql) {
    if (Duck().prepare(database.connection(), sql.c_str(), &statement_) == DuckDBSuccess) return;
    const Error failure = SqlError(Duck().prepare_error(statement_));
    Duck().destroy_prepare(&statement_);
    throw failure;
  }
  ~Statement() {
    Duck().destroy_result(&result_);
    Duck().destroy_prepare(&statement_);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// For statements that are run for what they do.
  void Run(const std::vector<std::string>& parameters = {}) {
    for (size_t i = 0; i < parameters.size(); ++i) {
      Duck().bind_varchar_length(statement_, i + 1, parameters[i].data(), parameters[i].size());
    }
    if (Duck().execute_prepared(statement_, &result_) != DuckDBSuccess) {
      throw SqlError(Duck().result_error(&result_));
    }
  }

  TextTable Execute(const std::vector<std::string>& parameters) {
    Run(parameters);
    TextTable table;
    for (idx_t i = 0; i < Duck().column_count(&result_); ++i) {
      table.columns.emplace_back(Duck().column_name(&result_, i));
    }
    while (duckdb_data_chunk chunk = Duck().fetch_chunk(result_)) {
      AppendChunk(chunk, table);
      Duck().destroy_data_chunk(&chunk);
    }
    return table;
  }

 private:
  /// Every column is VARCHAR: the statements of this folder cast them.
  static void AppendChunk(duckdb_data_chunk chunk, TextTable& table) {
    const idx_t count = Duck().data_chunk_get_size(chunk);
    const size_t first = table.rows.size();
    table.rows.resize(first + count);
    for (idx_t column = 0; column < table.columns.size(); ++column) {
      duckdb_vector vector = Duck().data_chunk_get_vector(chunk, column);
      auto* cells = static_cast<duckdb_string_t*>(Duck().vector_get_data(vector));
      const uint64_t* valid = Duck().vector_get_validity(vector);
      for (idx_t row = 0; row < count; ++row) {
        const bool present = valid == nullptr || (valid[row / 64] >> (row % 64) & 1) != 0;
        table.rows[first + row].push_back(present ? Cell(cells[row]) : std::nullopt);
      }
    }
  }

  /// Strings up to 12 bytes lie inside the cell, longer ones behind its pointer (duckdb.h).
  static std::optional<std::string> Cell(const duckdb_string_t& cell) {
    const uint32_t size = cell.value.inlined.length;
    const char* bytes = size <= 12 ? cell.value.inlined.inlined : cell.value.pointer.ptr;
    return std::string(bytes, size);
  }

  duckdb_prepared_statement statement_ = nullptr;
  duckdb_result result_{};
};

/// DuckDB takes a path for a pattern: each special character is put into brackets.
std::string Literally(const std::string& path) {
  std::string pattern;
  for (const char c : path) {
    const bool special = c == '*' || c == '?' || c == '[';
    pattern += special ? fmt::format("[{}]", c) : std::string(1, c);
  }
  return pattern;
}

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
  // COPY takes no parameters: paths stand in the statement, with quotes doubled.
  const auto quoted = [](const std::string& text) {
    std::string doubled;
    for (const char c : text) doubled.append(c == '\'' ? 2 : 1, c);
    return doubled;
  };
  const Database database;
  Statement(database,
            fmt::format("COPY (SELECT * FROM read_json('{}', format='newline_delimited')) "
                        "TO '{}' (FORMAT PARQUET)",
                        quoted(Literally(from.string())), quoted(to.string())))
      .Run();
}

}  // namespace keelrow::data
