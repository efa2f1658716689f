#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>

#include "warehouse/duckdb/handles.hpp"
#include "warehouse/duckdb/sql_gate.hpp"
#include "warehouse/tables.hpp"

namespace orderly::warehouse::duckdb {

struct DatabaseOptions {
  std::filesystem::path path;  ///< the database file; its folder exists
  Catalog catalog = standard_catalog();
  unsigned memory_limit_mb = 512;
  unsigned threads = 2;
  /// What sorts and joins beyond the memory limit may put on disk, in a folder beside the file.
  unsigned spill_limit_mb = 1024;
  /// The log is folded into the file whenever it has grown by this much, within the commit that
  /// reaches it. Small and often: loading waits for it (measured at 32 MB: 0.21–0.29 s of CPU, the
  /// same up to 3 M rows), and so does the start after a crash, which replays the log.
  unsigned checkpoint_mb = 16;
};

/// An open database file, hardened: SQL reaches no other file, loads no extension and changes no
/// setting. Brought to the newest schema, and to the tables and views of its catalog, when opened.
/// Any thread may call.
class Database {
 public:
  /// Throws Unavailable: the file is in use and stays so for some seconds, damaged, or of a newer
  /// version.
  explicit Database(const DatabaseOptions& options);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  /// Folds the log into the file. All connections must be gone.
  ~Database();

  [[nodiscard]] Connection connect() const;
  [[nodiscard]] const RefusedFunctions& refused_functions() const { return refused_; }
  /// Expires once the file is closed. A weak_ptr to the database expires before that, when the last
  /// owner begins to close it.
  [[nodiscard]] std::weak_ptr<const void> open() const { return open_; }

 private:
  void open_file(const DatabaseOptions& options);
  void list_refused_functions();

  std::shared_ptr<const void> open_ = std::make_shared<char>();  ///< goes after the destructor ran
  duckdb_database database_ = nullptr;
  RefusedFunctions refused_;
};

/// A connection together with the database that it keeps open. For one thread at a time.
struct Session {
  std::shared_ptr<const Database> database;
  Connection connection;  ///< goes first
};

/// Gives out sessions, and opens the database again after it broke, once every session on the
/// broken one has ended. Any thread may call.
class DatabaseSource {
 public:
  /// Opens at once; throws Unavailable.
  explicit DatabaseSource(DatabaseOptions options);

  [[nodiscard]] const DatabaseOptions& options() const { return options_; }
  [[nodiscard]] Session connect();
  /// Gives no further sessions on `broken`.
  void retire(const std::shared_ptr<const Database>& broken);

 private:
  DatabaseOptions options_;
  std::mutex mutex_;
  std::shared_ptr<const Database> current_;
  std::weak_ptr<const void> retired_;  ///< Database::open() of the broken one
};

}  // namespace orderly::warehouse::duckdb
