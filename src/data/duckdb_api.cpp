#include "data/duckdb_api.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <memory>

#include "base/files.h"
#include "base/text.h"

namespace keelrow::data {
namespace {

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
  Find(library, "duckdb_pending_prepared", api.pending_prepared);
  Find(library, "duckdb_pending_execute_task", api.pending_execute_task);
  Find(library, "duckdb_pending_error", api.pending_error);
  Find(library, "duckdb_execute_pending", api.execute_pending);
  Find(library, "duckdb_destroy_pending", api.destroy_pending);
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
  Find(library, "duckdb_create_logical_type", api.create_logical_type);
  Find(library, "duckdb_destroy_logical_type", api.destroy_logical_type);
  Find(library, "duckdb_create_array_type", api.create_array_type);
  Find(library, "duckdb_create_data_chunk", api.create_data_chunk);
  Find(library, "duckdb_data_chunk_reset", api.data_chunk_reset);
  Find(library, "duckdb_data_chunk_set_size", api.data_chunk_set_size);
  Find(library, "duckdb_vector_assign_string_element_len", api.vector_assign_string_element_len);
  Find(library, "duckdb_array_vector_get_child", api.array_vector_get_child);
  Find(library, "duckdb_appender_create", api.appender_create);
  Find(library, "duckdb_append_data_chunk", api.append_data_chunk);
  Find(library, "duckdb_appender_close", api.appender_close);
  Find(library, "duckdb_appender_destroy", api.appender_destroy);
  Find(library, "duckdb_appender_error", api.appender_error);
  Find(library, "duckdb_vector_size", api.vector_size);
  Find(library, "duckdb_free", api.free);
  return api;
}

/// Strings up to 12 bytes lie inside the cell, longer ones behind its pointer (duckdb.h).
std::optional<std::string> Cell(const duckdb_string_t& cell) {
  const uint32_t size = cell.value.inlined.length;
  const char* bytes = size <= 12 ? cell.value.inlined.inlined : cell.value.pointer.ptr;
  return std::string(bytes, size);
}

void AppendChunk(duckdb_data_chunk chunk, TextTable& table) {
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

}  // namespace

const Api& Duck() {
  static const Api api = Load();
  return api;
}

Error SqlError(const char* message) {
  const std::string text = message == nullptr ? "it gave no reason" : message;
  return Error(Code::kSyntax, SplitText(text, '\n').front());
}

Database::Database(const fs::path& file) {
  duckdb_config config = nullptr;
  Duck().create_config(&config);
  Duck().set_config(config, "autoinstall_known_extensions", "false");
  char* message = nullptr;
  const bool open = Duck().open_ext(file.empty() ? nullptr : file.c_str(), &database_, config,
                                    &message) == DuckDBSuccess &&
                    Duck().connect(database_, &connection_) == DuckDBSuccess;
  Duck().destroy_config(&config);
  if (open) return;
  const Error failure(Code::kEnvironment,
                      fmt::format("DuckDB does not start: {}", message == nullptr ? "" : message));
  Duck().free(message);
  Duck().close(&database_);
  throw failure;
}

Database::~Database() {
  Duck().disconnect(&connection_);
  Duck().close(&database_);
}

Statement::Statement(const Database& database, const std::string& sql) {
  if (Duck().prepare(database.connection(), sql.c_str(), &statement_) == DuckDBSuccess) return;
  const Error failure = SqlError(Duck().prepare_error(statement_));
  Duck().destroy_prepare(&statement_);
  throw failure;
}

Statement::~Statement() {
  Duck().destroy_result(&result_);
  Duck().destroy_prepare(&statement_);
}

void Statement::Run(const std::vector<std::string>& parameters) {
  for (size_t i = 0; i < parameters.size(); ++i) {
    Duck().bind_varchar_length(statement_, i + 1, parameters[i].data(), parameters[i].size());
  }
  if (Duck().execute_prepared(statement_, &result_) != DuckDBSuccess) {
    throw SqlError(Duck().result_error(&result_));
  }
}

bool Statement::RunWhile(const std::function<bool()>& wanted) {
  duckdb_pending_result pending = nullptr;
  const auto close = [](duckdb_pending_result* open) { Duck().destroy_pending(open); };
  const std::unique_ptr<duckdb_pending_result, decltype(close)> closed(&pending, close);
  if (Duck().pending_prepared(statement_, &pending) != DuckDBSuccess) {
    throw SqlError(Duck().pending_error(pending));
  }
  duckdb_pending_state state = DUCKDB_PENDING_RESULT_NOT_READY;
  while (state == DUCKDB_PENDING_RESULT_NOT_READY) {
    if (!wanted()) return false;
    state = Duck().pending_execute_task(pending);
  }
  if (state == DUCKDB_PENDING_ERROR) throw SqlError(Duck().pending_error(pending));
  if (Duck().execute_pending(pending, &result_) != DuckDBSuccess) {
    throw SqlError(Duck().result_error(&result_));
  }
  return true;
}

TextTable Statement::Execute(const std::vector<std::string>& parameters) {
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

std::string Literally(const std::string& path) {
  std::string pattern;
  for (const char c : path) {
    const bool special = c == '*' || c == '?' || c == '[';
    pattern += special ? fmt::format("[{}]", c) : std::string(1, c);
  }
  return pattern;
}

std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted.append(c == '\'' ? 2 : 1, c);
  return quoted + "'";
}

}  // namespace keelrow::data
