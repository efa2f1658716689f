#pragma once

#include <duckdb.h>

#include <string>
#include <utility>

#include "base/result.hpp"

/// Private to this folder: DuckDB's C handles with an owner, and what its errors mean.
namespace orderly::warehouse::duckdb {

/// Owns a handle of the C API and gives it back.
template <class T, void (*Destroy)(T*)>
class Handle {
 public:
  Handle() = default;
  explicit Handle(T handle) : handle_(handle) {}
  Handle(Handle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Handle() {
    if (handle_ != nullptr) Destroy(&handle_);
  }

  [[nodiscard]] T get() const { return handle_; }
  /// For the C API to fill in, once.
  [[nodiscard]] T* out() { return &handle_; }

 private:
  T handle_ = nullptr;
};

using Config = Handle<duckdb_config, duckdb_destroy_config>;
using Connection = Handle<duckdb_connection, duckdb_disconnect>;
using Extracted = Handle<duckdb_extracted_statements, duckdb_destroy_extracted>;
using Prepared = Handle<duckdb_prepared_statement, duckdb_destroy_prepare>;
using Pending = Handle<duckdb_pending_result, duckdb_destroy_pending>;
using Chunk = Handle<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using LogicalType = Handle<duckdb_logical_type, duckdb_destroy_logical_type>;
using Value = Handle<duckdb_value, duckdb_destroy_value>;

/// The result of a statement; a struct in the C API, not a handle.
class ResultSet {
 public:
  ResultSet() = default;
  ResultSet(const ResultSet&) = delete;
  ResultSet& operator=(const ResultSet&) = delete;
  ~ResultSet() { duckdb_destroy_result(&result_); }

  [[nodiscard]] duckdb_result* get() { return &result_; }
  /// The next rows; empty at the end and after an error.
  [[nodiscard]] Chunk fetch() { return Chunk(duckdb_fetch_chunk(result_)); }
  /// Null where there is none.
  [[nodiscard]] const char* error() { return duckdb_result_error(&result_); }

 private:
  duckdb_result result_{};
};

/// Text that the C API allocated.
std::string take_text(char* text);

/// DuckDB has shut the database after an error that it cannot continue from; it must be reopened.
class DatabaseBroken : public Unavailable {
 public:
  DatabaseBroken(const std::string& message, bool of_a_full_disk)
      : Unavailable(message), of_a_full_disk_(of_a_full_disk) {}
  [[nodiscard]] bool of_a_full_disk() const { return of_a_full_disk_; }

 private:
  bool of_a_full_disk_;
};

/// Throws what a failure of our own statements means: DatabaseBroken, StorageFull or Unavailable.
[[noreturn]] void raise(const std::string& what, const char* message);

/// Runs one of our own statements.
void execute(duckdb_connection connection, const char* sql);
/// The same with its rows.
void execute(duckdb_connection connection, const char* sql, ResultSet& result);

}  // namespace orderly::warehouse::duckdb
