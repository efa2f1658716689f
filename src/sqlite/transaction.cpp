#include "sqlite/transaction.hpp"

#include <sqlite3.h>

#include "base/check.hpp"
#include "sqlite/error.hpp"

namespace orderly::sqlite {

WriteTransaction::WriteTransaction(Connection& connection, Durable durable)
    : connection_(connection), durable_(durable) {
  ORDERLY_CHECK(!connection_.in_transaction(), "transactions do not nest");
  if (durable_ == Durable::kLater) connection_.begin_late_syncs();
  try {
    connection_.begin_write_.run();
  } catch (...) {
    if (durable_ == Durable::kLater) connection_.end_late_syncs();
    throw;
  }
}

/// Ends the process rather than leave a connection behind whose commits are not durable.
WriteTransaction::~WriteTransaction() {
  connection_.rollback();
  if (durable_ == Durable::kLater) connection_.end_late_syncs();
}

void WriteTransaction::commit() {
  // Statements after an automatic rollback would each have been a transaction of its own.
  if (!connection_.in_transaction()) {
    throw DatabaseError(Fault::kOther, SQLITE_ABORT_ROLLBACK,
                        connection_.path() + ": an earlier failure rolled the transaction back");
  }
  connection_.commit_.run();
}

ReadTransaction::ReadTransaction(Connection& connection) : connection_(connection) {
  ORDERLY_CHECK(!connection_.in_transaction(), "transactions do not nest");
  connection_.begin_read_.run();
}

ReadTransaction::~ReadTransaction() { connection_.rollback(); }

}  // namespace orderly::sqlite
