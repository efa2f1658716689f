#pragma once

#include <cstdint>

#include "sqlite/connection.hpp"

namespace orderly::sqlite {

/// When a commit of a connection under Synchronous::kFull is on the disk.
enum class Durable : std::uint8_t {
  kAtCommit,
  kLater,  ///< Connection::sync_log() puts it there, or the next commit that is durable
};

/// A writing transaction: takes the write lock at once, is rolled back unless committed.
///
///     WriteTransaction transaction(connection);
///     insert_order_.run(…);
///     transaction.commit();
///
/// The writer's thread; one at a time per connection; the connection is not moved meanwhile.
/// An exception of a statement inside must leave this scope, for SQLite may have rolled back.
class WriteTransaction {
 public:
  /// Throws DatabaseError (kBusy after the busy timeout), StorageFull.
  explicit WriteTransaction(Connection& connection, Durable durable = Durable::kAtCommit);
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;
  ~WriteTransaction();

  /// When it returns, everything is committed: on the disk under Synchronous::kFull, unless it is
  /// to be there later.
  /// When it throws, this process sees none of it; but where syncing the log failed and the machine
  /// dies next, a restart may find it committed. So a retry must be idempotent.
  void commit();

 private:
  Connection& connection_;
  Durable durable_;
};

/// A consistent view for several reads: all see the database as it was at the first of them.
/// Keep it short, since it holds up checkpoints. The connection's thread, any connection.
class ReadTransaction {
 public:
  explicit ReadTransaction(Connection& connection);
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;
  ~ReadTransaction();

 private:
  Connection& connection_;
};

}  // namespace orderly::sqlite
