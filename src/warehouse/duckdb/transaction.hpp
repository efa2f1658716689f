#pragma once

#include "warehouse/duckdb/handles.hpp"

namespace orderly::warehouse::duckdb {

/// A transaction on a connection; without commit() it is rolled back.
class Transaction {
 public:
  explicit Transaction(duckdb_connection connection) : connection_(connection) {
    execute(connection_, "BEGIN TRANSACTION");
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (!committed_) duckdb_query(connection_, "ROLLBACK", nullptr);
  }

  void commit() {
    execute(connection_, "COMMIT");
    committed_ = true;
  }

 private:
  duckdb_connection connection_;
  bool committed_ = false;
};

}  // namespace orderly::warehouse::duckdb
