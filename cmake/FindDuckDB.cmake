# DuckDB's C API as duckdb::duckdb: duckdb.h and libduckdb.so.
find_path(DuckDB_INCLUDE_DIR duckdb.h)
find_library(DuckDB_LIBRARY duckdb)
mark_as_advanced(DuckDB_INCLUDE_DIR DuckDB_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  DuckDB REQUIRED_VARS DuckDB_LIBRARY DuckDB_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "run ./bootstrap, or name a folder with include/ and lib/ in CMAKE_PREFIX_PATH")

if(DuckDB_FOUND AND NOT TARGET duckdb::duckdb)
  add_library(duckdb::duckdb SHARED IMPORTED GLOBAL)
  set_target_properties(
    duckdb::duckdb
    PROPERTIES IMPORTED_LOCATION "${DuckDB_LIBRARY}"
               IMPORTED_SONAME libduckdb.so
               INTERFACE_INCLUDE_DIRECTORIES "${DuckDB_INCLUDE_DIR}")
endif()
