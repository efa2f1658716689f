# DuckDB::duckdb, from .deps/duckdb (put there by ./dev setup) or from an installed DuckDB.

find_path(DuckDB_INCLUDE_DIR duckdb.h HINTS "${CMAKE_SOURCE_DIR}/.deps/duckdb")
find_library(DuckDB_LIBRARY duckdb HINTS "${CMAKE_SOURCE_DIR}/.deps/duckdb")

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  DuckDB
  REQUIRED_VARS DuckDB_LIBRARY DuckDB_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "run ./dev setup, or install DuckDB 1.4 with its C header")
mark_as_advanced(DuckDB_INCLUDE_DIR DuckDB_LIBRARY)

if(DuckDB_FOUND AND NOT TARGET DuckDB::duckdb)
  add_library(DuckDB::duckdb SHARED IMPORTED)
  set_target_properties(
    DuckDB::duckdb PROPERTIES IMPORTED_LOCATION "${DuckDB_LIBRARY}"
                              INTERFACE_INCLUDE_DIRECTORIES "${DuckDB_INCLUDE_DIR}")
endif()
