#include "sqlite/transaction.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "unit/sqlite/scratch_database.hpp"

namespace orderly::sqlite {
namespace {

class TransactionTest : public ScratchDatabase {
 protected:
  TransactionTest() { writer_.exec("CREATE TABLE t(a INTEGER PRIMARY KEY)"); }

  std::int64_t rows(Connection& connection) {
    return number_of(connection, "SELECT count(*) FROM t");
  }

  Connection writer_{options()};
  Connection reader_{options()};
};

TEST_F(TransactionTest, IsVisibleToOthersOnlyOnceCommitted) {
  WriteTransaction transaction(writer_);
  writer_.exec("INSERT INTO t VALUES(1)");
  EXPECT_EQ(rows(reader_), 0);
  transaction.commit();
  EXPECT_EQ(rows(reader_), 1);
  EXPECT_FALSE(writer_.in_transaction());
}

TEST_F(TransactionTest, IsRolledBackWhenAnExceptionPasses) {
  Statement insert = writer_.prepare("INSERT INTO t VALUES(?1)");
  EXPECT_THROW(
      {
        WriteTransaction transaction(writer_);
        insert.run(1);
        throw std::runtime_error("before the commit");
      },
      std::runtime_error);
  EXPECT_FALSE(writer_.in_transaction());
  EXPECT_EQ(rows(writer_), 0);
}

TEST_F(TransactionTest, ATakenKeyDoesNotUndoTheRestOfTheGroup) {
  Statement insert = writer_.prepare("INSERT INTO t VALUES(?1)");
  WriteTransaction transaction(writer_);
  EXPECT_EQ(insert.insert(1), InsertOutcome::kInserted);
  EXPECT_EQ(insert.insert(1), InsertOutcome::kConflict);
  EXPECT_EQ(insert.insert(2), InsertOutcome::kInserted);
  transaction.commit();
  EXPECT_EQ(rows(reader_), 2);
}

TEST_F(TransactionTest, ACommitAfterAnAutomaticRollbackFails) {
  WriteTransaction transaction(writer_);
  writer_.exec("INSERT INTO t VALUES(1)");
  EXPECT_THROW(writer_.exec("INSERT OR ROLLBACK INTO t VALUES(1)"), Unavailable);
  EXPECT_THROW(transaction.commit(), Unavailable);
  EXPECT_EQ(rows(writer_), 0);
}

TEST_F(TransactionTest, ReadsOfOneReadTransactionAgree) {
  {
    ReadTransaction snapshot(reader_);
    EXPECT_EQ(rows(reader_), 0);
    writer_.exec("INSERT INTO t VALUES(1)");
    EXPECT_EQ(rows(reader_), 0);
  }
  EXPECT_EQ(rows(reader_), 1);
}

}  // namespace
}  // namespace orderly::sqlite
