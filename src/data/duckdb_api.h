#pragma once

#include <duckdb.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "data/duckdb.h"

/// DuckDB for the files of this folder; nobody else includes this header.
namespace keelrow::data {

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
  decltype(&duckdb_pending_prepared) pending_prepared;
  decltype(&duckdb_pending_execute_task) pending_execute_task;
  decltype(&duckdb_pending_error) pending_error;
  decltype(&duckdb_execute_pending) execute_pending;
  decltype(&duckdb_destroy_pending) destroy_pending;
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
  decltype(&duckdb_create_logical_type) create_logical_type;
  decltype(&duckdb_destroy_logical_type) destroy_logical_type;
  decltype(&duckdb_create_array_type) create_array_type;
  decltype(&duckdb_create_data_chunk) create_data_chunk;
  decltype(&duckdb_data_chunk_reset) data_chunk_reset;
  decltype(&duckdb_data_chunk_set_size) data_chunk_set_size;
  decltype(&duckdb_vector_assign_string_element_len) vector_assign_string_element_len;
  decltype(&duckdb_array_vector_get_child) array_vector_get_child;
  decltype(&duckdb_appender_create) appender_create;
  decltype(&duckdb_append_data_chunk) append_data_chunk;
  decltype(&duckdb_appender_close) appender_close;
  decltype(&duckdb_appender_destroy) appender_destroy;
  decltype(&duckdb_appender_error) appender_error;
  decltype(&duckdb_vector_size) vector_size;
  decltype(&duckdb_free) free;
};

/// Loaded once, by the first thread that needs it, and kept. Throws kEnvironment.
const Api& Duck();

/// The first line of DuckDB's explanation, as kSyntax.
Error SqlError(const char* message);

/// A database that never goes to the network for an extension.
class Database {
 public:
  /// In memory, or in a file that is made.
  explicit Database(const std::filesystem::path& file = {});
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  duckdb_connection connection() const { return connection_; }

 private:
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

class Statement {
 public:
  Statement(const Database& database, const std::string& sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// For statements that are run for what they do.
  void Run(const std::vector<std::string>& parameters = {});
  /// The same in pieces of some milliseconds; false when `wanted` said no before the last of them.
  bool RunWhile(const std::function<bool()>& wanted);
  /// Every column is VARCHAR: the statements of this folder cast them.
  TextTable Execute(const std::vector<std::string>& parameters);

 private:
  duckdb_prepared_statement statement_ = nullptr;
  duckdb_result result_{};
};

/// DuckDB takes a path for a pattern: each special character is put into brackets.
std::string Literally(const std::string& path);
/// A string for a statement that takes no parameters, such as COPY.
std::string Quoted(const std::string& text);

}  // namespace keelrow::data
