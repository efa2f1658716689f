#include "sqlite/connection.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "sqlite/error.hpp"
#include "sqlite/transaction.hpp"
#include "unit/sqlite/scratch_database.hpp"

namespace orderly::sqlite {
namespace {

using ConnectionTest = ScratchDatabase;

TEST_F(ConnectionTest, OpensInWalModeWithTheAskedDurability) {
  Connection full(options());
  EXPECT_EQ(text_of(full, "PRAGMA journal_mode"), "wal");
  EXPECT_EQ(number_of(full, "PRAGMA synchronous"), 2);
  EXPECT_EQ(number_of(full, "PRAGMA foreign_keys"), 1);
  EXPECT_EQ(number_of(full, "PRAGMA trusted_schema"), 0);
  EXPECT_EQ(number_of(full, "PRAGMA mmap_size"), 0);

  auto relaxed = options();
  relaxed.synchronous = Synchronous::kNormal;
  relaxed.wal_autocheckpoint_pages = 77;
  Connection normal(relaxed);
  EXPECT_EQ(number_of(normal, "PRAGMA synchronous"), 1);
  EXPECT_EQ(number_of(normal, "PRAGMA wal_autocheckpoint"), 77);
}

TEST_F(ConnectionTest, ReadOnlyConnectionsSeeCommitsAndCannotWrite) {
  Connection writer(options());
  writer.exec("CREATE TABLE t(a)");
  auto reading = options();
  reading.read_only = true;
  Connection reader(reading);
  writer.exec("INSERT INTO t VALUES(1)");
  EXPECT_EQ(number_of(reader, "SELECT count(*) FROM t"), 1);
  EXPECT_THROW(reader.exec("INSERT INTO t VALUES(2)"), DatabaseError);
}

TEST_F(ConnectionTest, ReadOnlyDoesNotCreateTheFile) {
  auto reading = options();
  reading.read_only = true;
  try {
    Connection reader(reading);
    FAIL() << "opened a file that is not there";
  } catch (const DatabaseError& error) {
    EXPECT_EQ(error.fault(), Fault::kIo);
  }
  EXPECT_FALSE(std::filesystem::exists(reading.path));
}

TEST_F(ConnectionTest, AFileThatIsNoDatabaseIsCorruptAndNamed) {
  std::ofstream(options().path) << std::string(8192, 'x');
  try {
    Connection connection(options());
    FAIL() << "opened garbage";
  } catch (const DatabaseError& error) {
    EXPECT_EQ(error.fault(), Fault::kCorrupt);
    EXPECT_NE(std::string(error.what()).find("test.db"), std::string::npos) << error.what();
  }
}

TEST_F(ConnectionTest, ASecondWriterIsBusyAndMayRetrySoon) {
  Connection first(options());
  Connection second(options());
  WriteTransaction transaction(first);
  try {
    WriteTransaction blocked(second);
    FAIL() << "two writers";
  } catch (const DatabaseError& error) {
    EXPECT_EQ(error.fault(), Fault::kBusy);
    EXPECT_LT(error.retry_after(), std::chrono::seconds(1));
  }
}

TEST_F(ConnectionTest, StringsInDoubleQuotesAreRefused) {
  Connection connection(options());
  EXPECT_THROW(connection.exec("SELECT \"no such column\""), DatabaseError);
}

TEST_F(ConnectionTest, TheSchemaTableIsDefended) {
  Connection connection(options());
  connection.exec("CREATE TABLE t(a); PRAGMA writable_schema = ON");
  EXPECT_THROW(connection.exec("DELETE FROM sqlite_schema"), DatabaseError);
}

TEST_F(ConnectionTest, CheckpointEmptiesTheLogUnlessAReaderIsInTheWay) {
  Connection writer(options());
  writer.exec("CREATE TABLE t(a); INSERT INTO t VALUES(1)");
  const auto log = options().path + "-wal";
  {
    Connection reader(options());
    ReadTransaction snapshot(reader);
    EXPECT_EQ(number_of(reader, "SELECT count(*) FROM t"), 1);
    writer.exec("INSERT INTO t VALUES(2)");
    EXPECT_FALSE(writer.checkpoint());
    EXPECT_GT(std::filesystem::file_size(log), 0);
  }
  EXPECT_TRUE(writer.checkpoint());
  EXPECT_EQ(std::filesystem::file_size(log), 0);
}

TEST_F(ConnectionTest, StatementsSurviveAMovedConnection) {
  Connection original(options());
  Statement one = original.prepare("SELECT 1");
  Connection moved(std::move(original));
  EXPECT_TRUE(one.use().step());
  WriteTransaction transaction(moved);
  EXPECT_TRUE(moved.in_transaction());
}

TEST_F(ConnectionTest, APathThatLooksLikeAUriIsAPath) {
  auto odd = options();
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(directory_);
  odd.path = "file:odd.db?mode=memory";
  {
    Connection connection(odd);
  }
  EXPECT_TRUE(std::filesystem::exists("file:odd.db?mode=memory"));
  std::filesystem::current_path(before);
}

}  // namespace
}  // namespace orderly::sqlite
