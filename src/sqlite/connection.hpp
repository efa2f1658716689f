#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "sqlite/statement.hpp"

struct sqlite3;

namespace orderly::sqlite {

/// When a commit is on the disk (https://www.sqlite.org/pragma.html#pragma_synchronous).
enum class Synchronous : std::uint8_t {
  kFull,    ///< before it is answered (promise P1)
  kNormal,  ///< at the next checkpoint: a power failure may undo the newest commits, in order
};

struct OpenOptions {
  std::string path;
  std::string vfs = {};  ///< the name of a registered VFS; empty: the system's
  bool read_only = false;
  Synchronous synchronous = Synchronous::kFull;
  std::chrono::milliseconds busy_timeout = std::chrono::seconds(5);
  int cache_kib = 16 * 1024;
  /// 1,000 pages (4 MiB) keep the pauses of an append-only writer short (research, "hot path").
  int wal_autocheckpoint_pages = 1000;
};

/// A connection to one database file in WAL mode (https://www.sqlite.org/wal.html).
///
/// What a process that died had committed may not be on the disk, or have failed to get there: at
/// the opening the log is folded into the file, before anybody builds on it. Where somebody reads
/// it, or there is no room, it is synced.
///
/// It is opened defensively: the file's own schema is not trusted, foreign keys are enforced, a
/// string in double quotes is an error. A missing file is created, unless `read_only`.
///
/// One thread at a time. Each database has one writing connection; readers come from a ReaderPool.
/// Statements hold the connection open: let them go first (declare them after it).
/// Throws DatabaseError, StorageFull.
class Connection {
 public:
  explicit Connection(const OpenOptions& options);
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) = delete;
  ~Connection();

  /// Runs any number of statements, for schemas and settings; rows are dropped.
  void exec(const std::string& sql);
  /// Compiles one statement, to be kept.
  [[nodiscard]] Statement prepare(std::string_view sql);

  /// Rows changed by the last INSERT, UPDATE or DELETE.
  [[nodiscard]] std::int64_t changes() const;
  [[nodiscard]] std::int64_t last_insert_rowid() const;
  [[nodiscard]] bool in_transaction() const;
  [[nodiscard]] const std::string& path() const { return path_; }

  /// Copies the log into the database file and empties it, as far as no reader is in the way; waits
  /// for none. Answers whether the log is empty now, and all that was committed in the file, on the
  /// disk.
  bool checkpoint();
  /// When it returns, all that was committed is on the disk; a log that has become long is folded
  /// into the file, too. After a failure nothing is said about that until checkpoint() has emptied
  /// the log: kernels may take for written what was not.
  void sync_log();

  /// Told of pages copied, of so many; what it throws ends the copy.
  using CopyProgress = std::function<void(std::int64_t copied, std::int64_t of)>;
  /// Copies the database, as the open transaction sees it, into the new file `path`, on the disk
  /// when this returns. Writers go on meanwhile (their log grows), and do not make it begin again,
  /// as long as the transaction has read something before. What a failed copy leaves is the
  /// caller's to remove. Throws as ever; StorageFull is about the copy.
  void copy_to(const std::string& path, const CopyProgress& progress);

 private:
  friend class WriteTransaction;
  friend class ReadTransaction;

  void configure(const OpenOptions& options);
  void enter_wal_mode();
  void set_synchronous(Synchronous synchronous);
  void settle_log();
  /// Between these two commits are not durable, and no checkpoint comes before their sync.
  void begin_late_syncs();
  void end_late_syncs();
  void rollback() noexcept;

  std::string path_;
  sqlite3* database_ = nullptr;
  std::chrono::milliseconds busy_timeout_;
  int autocheckpoint_;
  int log_pages_ = 0;  ///< after the last commit that is to be synced later
  Statement begin_write_, begin_read_, commit_, rollback_;
};

}  // namespace orderly::sqlite
