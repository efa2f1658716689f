#include "sqlite/connection.hpp"

#include <sqlite3.h>

#include <utility>

#include "base/check.hpp"
#include "sqlite/error.hpp"
#include "sqlite/raise.hpp"

namespace orderly::sqlite {
namespace {

/// A log that a slow reader let grow is cut back to this at the next checkpoint.
constexpr int kMaxIdleWalBytes = 64 * 1024 * 1024;

/// Some builds of SQLite read "file:…" as a URI with options.
std::string plain_path(const std::string& path) {
  return path.starts_with("file:") ? "./" + path : path;
}

/// The handle is there even where opening failed, and must be closed.
sqlite3* open(const OpenOptions& options, const std::string& path) {
  ORDERLY_CHECK(sqlite3_threadsafe() != 0, "SQLite was built without threads");
  // NOMUTEX: a connection is used by one thread at a time.
  const int mode =
      options.read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  sqlite3* database = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &database,
                      mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE,
                      options.vfs.empty() ? nullptr : options.vfs.c_str());
  if (code == SQLITE_OK) return database;
  try {
    raise(database, code, "open " + path);
  } catch (...) {
    sqlite3_close_v2(database);
    throw;
  }
}

void set(sqlite3* database, int option, int value) {
  const int code = sqlite3_db_config(database, option, value, nullptr);
  if (code != SQLITE_OK) raise(database, code, "sqlite3_db_config " + std::to_string(option));
}

/// What a hostile or damaged file could do to us, and what only helps mistakes.
void defend(sqlite3* database) {
  set(database, SQLITE_DBCONFIG_DEFENSIVE, 1);
  set(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
  set(database, SQLITE_DBCONFIG_ENABLE_FKEY, 1);
  set(database, SQLITE_DBCONFIG_DQS_DML, 0);
  set(database, SQLITE_DBCONFIG_DQS_DDL, 0);
}

}  // namespace

Connection::Connection(const OpenOptions& options)
    : path_(plain_path(options.path)),
      database_(open(options, path_)),
      busy_timeout_(options.busy_timeout),
      autocheckpoint_(options.wal_autocheckpoint_pages) {
  try {
    configure(options);
  } catch (...) {
    sqlite3_close_v2(database_);
    throw;
  }
}

Connection::Connection(Connection&& other) noexcept
    : path_(std::move(other.path_)),
      database_(std::exchange(other.database_, nullptr)),
      busy_timeout_(other.busy_timeout_),
      autocheckpoint_(other.autocheckpoint_),
      log_pages_(other.log_pages_),
      begin_write_(std::move(other.begin_write_)),
      begin_read_(std::move(other.begin_read_)),
      commit_(std::move(other.commit_)),
      rollback_(std::move(other.rollback_)) {}

Connection::~Connection() {
  // The own statements go after this; close_v2 waits for them and for those still held outside.
  sqlite3_close_v2(database_);
}

void Connection::configure(const OpenOptions& options) {
  sqlite3_busy_timeout(database_, static_cast<int>(busy_timeout_.count()));
  defend(database_);
  exec(
      "PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;"
      // Debian's build overwrites all that is deleted, at the price of more writes.
      "PRAGMA secure_delete = FAST;");
  exec("PRAGMA cache_size = " + std::to_string(-options.cache_kib));
  if (options.read_only) {
    exec("PRAGMA query_only = ON; SELECT 1 FROM sqlite_schema LIMIT 1");
  } else {
    enter_wal_mode();
    set_synchronous(options.synchronous);
    sqlite3_wal_autocheckpoint(database_, autocheckpoint_);
    exec("PRAGMA journal_size_limit = " + std::to_string(kMaxIdleWalBytes));
    settle_log();
  }
  begin_write_ = prepare("BEGIN IMMEDIATE");
  begin_read_ = prepare("BEGIN DEFERRED");
  commit_ = prepare("COMMIT");
  rollback_ = prepare("ROLLBACK");
}

void Connection::enter_wal_mode() {
  // The answer comes before the switch is committed, which happens with the last step: without it
  // the database stays in its old mode, whose commits a power failure may undo.
  std::string mode;
  Statement statement = prepare("PRAGMA journal_mode = WAL");
  auto row = statement.use();
  while (row.step())
    mode = row.text(0);
  if (mode == "wal") return;
  throw DatabaseError(Fault::kOther, SQLITE_ERROR, path_ + ": cannot be put into WAL mode");
}

void Connection::set_synchronous(Synchronous synchronous) {
  const bool full = synchronous == Synchronous::kFull;
  exec(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
}

void Connection::exec(const std::string& sql) {
  const int code = sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) raise(database_, code, sql);
}

Statement Connection::prepare(std::string_view sql) { return {database_, sql}; }

std::int64_t Connection::changes() const { return sqlite3_changes64(database_); }

std::int64_t Connection::last_insert_rowid() const { return sqlite3_last_insert_rowid(database_); }

bool Connection::in_transaction() const { return sqlite3_get_autocommit(database_) == 0; }

bool Connection::checkpoint() {
  sqlite3_busy_timeout(database_, 0);
  const int code =
      sqlite3_wal_checkpoint_v2(database_, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(database_, static_cast<int>(busy_timeout_.count()));
  if (code == SQLITE_BUSY) return false;
  if (code != SQLITE_OK) raise(database_, code, "checkpoint");
  // Where the disk has failed the log there may end earlier, and would undo a part of the file.
  sync_log();
  return true;
}

void Connection::settle_log() {
  try {
    if (checkpoint()) return;
  } catch (const Unavailable&) {  // e.g. the file cannot grow
  }
  sync_log();
}

void Connection::begin_late_syncs() {
  set_synchronous(Synchronous::kNormal);
  // A checkpoint within the commit syncs the log first, and does not tell of its failure.
  const auto note = [](void* pages, sqlite3*, const char*, int in_log) {
    *static_cast<int*>(pages) = in_log;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(database_, note, &log_pages_);
}

void Connection::end_late_syncs() {
  sqlite3_wal_autocheckpoint(database_, autocheckpoint_);
  set_synchronous(Synchronous::kFull);
}

void Connection::sync_log() {
  sqlite3_file* log = nullptr;
  int code = sqlite3_file_control(database_, "main", SQLITE_FCNTL_JOURNAL_POINTER,
                                  static_cast<void*>(&log));
  if (code == SQLITE_OK && log != nullptr && log->pMethods != nullptr) {
    code = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
  }
  if (code != SQLITE_OK) raise(database_, code, "sync the log");
  if (autocheckpoint_ <= 0 || log_pages_ < autocheckpoint_) return;
  log_pages_ = 0;
  // As SQLite does after a commit: what fails here is tried again.
  sqlite3_wal_checkpoint_v2(database_, "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
}

void Connection::rollback() noexcept {
  if (!in_transaction()) return;  // SQLite rolls back by itself after some errors
  try {
    rollback_.run();
  } catch (...) {
    // Even so the transaction has ended without its effects; the next one tells what is wrong.
  }
}

}  // namespace orderly::sqlite
