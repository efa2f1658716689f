#include "support/sim_vfs.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

#include "sqlite/error.hpp"
#include "sqlite/transaction.hpp"
#include "unit/sqlite/scratch_database.hpp"
#include "unit/sqlite/sim_machine.hpp"

namespace orderly::sqlite {
namespace {

using orderly::testing::DiskFault;
using orderly::testing::DiskOp;
using orderly::testing::Loss;

class SimVfsTest : public ::testing::Test {
 protected:
  SimVfsTest() {
    writer_.emplace(machine_.options());
    writer_->exec("CREATE TABLE t(a INTEGER PRIMARY KEY)");
  }

  static std::int64_t rows(Connection& connection) {
    return number_of(connection, "SELECT count(*) FROM t");
  }
  static std::string integrity(Connection& connection) {
    return text_of(connection, "PRAGMA integrity_check");
  }

  void insert_durable_later(std::int64_t number) {
    WriteTransaction transaction(*writer_, Durable::kLater);
    writer_->prepare("INSERT INTO t VALUES(?1)").run(number);
    transaction.commit();
  }

  void lose_next_sync() {
    machine_.disk.fail_next(
        {.op = DiskOp::kSync, .code = SQLITE_IOERR_FSYNC, .suffix = "-wal", .loses = true});
  }

  SimMachine machine_{1};
  std::optional<Connection> writer_;
};

TEST_F(SimVfsTest, TwoConnectionsShareADatabaseInWalMode) {
  auto reading = machine_.options();
  reading.read_only = true;
  Connection reader(reading);
  EXPECT_EQ(text_of(*writer_, "PRAGMA journal_mode"), "wal");
  WriteTransaction transaction(*writer_);
  writer_->exec("INSERT INTO t VALUES(1)");
  EXPECT_EQ(rows(reader), 0);
  transaction.commit();
  EXPECT_EQ(rows(reader), 1);
}

TEST_F(SimVfsTest, AReaderKeepsItsSnapshotWhileTheWriterGoesOn) {
  Connection reader(machine_.options());
  ReadTransaction snapshot(reader);
  EXPECT_EQ(rows(reader), 0);
  for (int i = 0; i < 20; ++i)
    writer_->exec("INSERT INTO t VALUES(NULL)");
  EXPECT_FALSE(writer_->checkpoint());
  EXPECT_EQ(rows(reader), 0);
  EXPECT_EQ(rows(*writer_), 20);
}

TEST_F(SimVfsTest, TheWriteLockIsExclusive) {
  Connection second(machine_.options());
  WriteTransaction transaction(*writer_);
  EXPECT_THROW(WriteTransaction blocked(second), DatabaseError);
}

TEST_F(SimVfsTest, TheLastToCloseLeavesOneCleanFile) {
  writer_->exec("INSERT INTO t VALUES(1)");
  EXPECT_TRUE(machine_.disk.exists("sim.db-wal"));
  writer_.reset();
  EXPECT_FALSE(machine_.disk.exists("sim.db-wal"));
  EXPECT_EQ(machine_.vfs.open_files(), 0U);
  writer_.emplace(machine_.options());
  EXPECT_EQ(rows(*writer_), 1);
}

TEST_F(SimVfsTest, TheDeadReachNothingAndCanBeClosed) {
  Statement insert = writer_->prepare("INSERT INTO t VALUES(?1)");
  writer_->exec("INSERT INTO t VALUES(1); BEGIN IMMEDIATE; INSERT INTO t VALUES(2)");
  machine_.disk.restart(machine_.random, Loss::kEverything);

  Connection alive(machine_.options());
  EXPECT_EQ(rows(alive), 1);
  WriteTransaction transaction(alive);  // the lock of the dead is gone
  alive.exec("INSERT INTO t VALUES(3)");
  const auto ops = machine_.disk.durable_ops();
  EXPECT_THROW(writer_->exec("COMMIT"), Unavailable);
  EXPECT_THROW(insert.run(4), Unavailable);
  insert = Statement();
  writer_.reset();
  EXPECT_EQ(machine_.disk.durable_ops(), ops);
  transaction.commit();
  EXPECT_EQ(rows(alive), 2);
  EXPECT_EQ(integrity(alive), "ok");
}

TEST_F(SimVfsTest, ACrashInTheMiddleStopsEverythingUntilTheRestart) {
  bool told = false;
  machine_.disk.crash_at_op(2, [&] { told = true; });
  EXPECT_THROW(writer_->exec("INSERT INTO t VALUES(1)"), Unavailable);
  EXPECT_TRUE(told);
  EXPECT_TRUE(machine_.disk.down());
  EXPECT_THROW(Connection(machine_.options()), Unavailable);
  writer_.reset();
  machine_.disk.restart(machine_.random, Loss::kEverything);
  EXPECT_FALSE(machine_.disk.down());
  writer_.emplace(machine_.options());
  EXPECT_EQ(rows(*writer_), 0);
}

TEST_F(SimVfsTest, AKilledProcessLosesNothingEvenUnsynced) {
  Connection normal(machine_.options(Synchronous::kNormal));
  for (int i = 0; i < 10; ++i)
    normal.exec("INSERT INTO t VALUES(NULL)");
  machine_.disk.restart(machine_.random, Loss::kNothing);
  Connection alive(machine_.options());
  EXPECT_EQ(rows(alive), 10);
}

TEST_F(SimVfsTest, AFullDiskIsToldApartAndRollsBack) {
  Statement insert = writer_->prepare("INSERT INTO t VALUES(?1)");
  machine_.disk.set_capacity(machine_.disk.size("sim.db") + machine_.disk.size("sim.db-wal"));
  EXPECT_THROW(
      {
        WriteTransaction transaction(*writer_);
        insert.run(1);
        transaction.commit();
      },
      StorageFull);
  EXPECT_FALSE(writer_->in_transaction());
  EXPECT_EQ(rows(*writer_), 0) << "reads go on";
  machine_.disk.set_capacity(std::nullopt);
  insert.run(2);
  EXPECT_EQ(rows(*writer_), 1);
}

TEST_F(SimVfsTest, AFailedSyncFailsTheCommitAndNothingOfItIsSeen) {
  Connection reader(machine_.options());
  machine_.disk.fail_next({.op = DiskOp::kSync, .code = SQLITE_IOERR_FSYNC, .suffix = "-wal"});
  try {
    WriteTransaction transaction(*writer_);
    writer_->exec("INSERT INTO t VALUES(1)");
    transaction.commit();
    FAIL() << "committed without a sync";
  } catch (const DatabaseError& error) {
    EXPECT_EQ(error.fault(), Fault::kIo);
    EXPECT_EQ(error.code(), SQLITE_IOERR_FSYNC);
  }
  EXPECT_EQ(rows(reader), 0);
  writer_->exec("INSERT INTO t VALUES(2)");
  EXPECT_EQ(number_of(reader, "SELECT a FROM t"), 2);
}

TEST_F(SimVfsTest, WhatIsToBeDurableLaterIsSeenAtOnceAndKeptOnceTheLogIsSynced) {
  Connection reader(machine_.options());
  insert_durable_later(1);
  EXPECT_EQ(rows(reader), 1);
  writer_->sync_log();
  insert_durable_later(2);
  EXPECT_EQ(rows(reader), 2);
  machine_.disk.restart(machine_.random, Loss::kEverything);
  Connection after(machine_.options());
  EXPECT_EQ(number_of(after, "SELECT max(a) FROM t"), 1);
}

TEST_F(SimVfsTest, ACommitAfterwardsIsDurableAsEver) {
  insert_durable_later(1);
  EXPECT_THROW(
      {
        WriteTransaction transaction(*writer_, Durable::kLater);
        throw std::runtime_error("before the commit");
      },
      std::runtime_error);
  writer_->exec("INSERT INTO t VALUES(2)");
  machine_.disk.restart(machine_.random, Loss::kEverything);
  Connection after(machine_.options());
  EXPECT_EQ(rows(after), 2);
}

TEST_F(SimVfsTest, WhatTheDiskFailedToTakeIsDurableAfterACheckpoint) {
  insert_durable_later(1);
  lose_next_sync();
  EXPECT_THROW(writer_->sync_log(), DatabaseError);
  writer_->sync_log();  // which says nothing now
  EXPECT_TRUE(writer_->checkpoint());
  machine_.disk.restart(machine_.random, Loss::kEverything);
  Connection after(machine_.options());
  EXPECT_EQ(rows(after), 1);
}

TEST_F(SimVfsTest, WhatAKilledProcessHadNotSyncedIsDurableOnceItIsOpened) {
  insert_durable_later(1);
  machine_.disk.restart(machine_.random, Loss::kNothing);
  Connection opened(machine_.options());
  machine_.disk.restart(machine_.random, Loss::kEverything);
  Connection after(machine_.options());
  EXPECT_EQ(rows(after), 1);
}

TEST_F(SimVfsTest, NorIsItLostWhereTheDiskHadFailedToTakeIt) {
  insert_durable_later(1);
  lose_next_sync();
  EXPECT_THROW(writer_->sync_log(), DatabaseError);
  machine_.disk.restart(machine_.random, Loss::kNothing);
  Connection opened(machine_.options());
  machine_.disk.restart(machine_.random, Loss::kEverything);
  Connection after(machine_.options());
  EXPECT_EQ(rows(after), 1);
}

TEST_F(SimVfsTest, ALogThatIsReadIsSyncedAtTheOpening) {
  insert_durable_later(1);
  Connection reader(machine_.options());
  ReadTransaction snapshot(reader);
  EXPECT_EQ(rows(reader), 1);
  insert_durable_later(2);
  Connection opened(machine_.options());
  machine_.disk.restart(machine_.random, Loss::kEverything);
  Connection after(machine_.options());
  EXPECT_EQ(rows(after), 2);
}

TEST_F(SimVfsTest, NoCheckpointHidesThatTheSyncOfALateCommitFails) {
  auto eager = machine_.options();
  eager.wal_autocheckpoint_pages = 2;
  writer_.emplace(eager);
  insert_durable_later(1);
  lose_next_sync();
  insert_durable_later(2);  // the log has two pages
  EXPECT_THROW(writer_->sync_log(), DatabaseError);
}

TEST_F(SimVfsTest, ALongLogIsFoldedIntoTheFileAfterTheSync) {
  auto eager = machine_.options();
  eager.wal_autocheckpoint_pages = 1;
  writer_.emplace(eager);
  std::size_t writes = 0;
  machine_.disk.on_operation([&](DiskOp op, const std::string& name) {
    if (op == DiskOp::kWrite && name == "sim.db") ++writes;
  });
  insert_durable_later(1);
  EXPECT_EQ(writes, 0);
  writer_->sync_log();
  EXPECT_GT(writes, 0);
  machine_.disk.on_operation({});
}

TEST_F(SimVfsTest, AFailedReadIsAnErrorAndPasses) {
  for (int i = 0; i < 10; ++i)
    writer_->exec("INSERT INTO t VALUES(NULL)");
  Connection reader(machine_.options());
  machine_.disk.fail_next({.op = DiskOp::kRead, .code = SQLITE_IOERR_READ});
  EXPECT_THROW(rows(reader), DatabaseError);
  EXPECT_EQ(rows(reader), 10);
}

TEST(SimDiskTest, ADeletionThatWasNotSyncedMayComeBack) {
  SeededRandom random(1);
  testing::SimDisk disk;
  std::shared_ptr<testing::SimFile> file;
  ASSERT_EQ(disk.open("a", true, file), SQLITE_OK);
  ASSERT_EQ(disk.sync(*file, "a"), SQLITE_OK);
  ASSERT_EQ(disk.remove("a", false), SQLITE_OK);
  disk.restart(random, Loss::kEverything);
  EXPECT_TRUE(disk.exists("a"));
  ASSERT_EQ(disk.remove("a", true), SQLITE_OK);
  disk.restart(random, Loss::kEverything);
  EXPECT_FALSE(disk.exists("a"));
}

TEST(SimDiskTest, AFileThatWasNeverSyncedIsGone) {
  SeededRandom random(1);
  testing::SimDisk disk;
  std::shared_ptr<testing::SimFile> file;
  ASSERT_EQ(disk.open("a", true, file), SQLITE_OK);
  disk.restart(random, Loss::kEverything);
  EXPECT_FALSE(disk.exists("a"));
}

/// One write of `kSectors` sectors over synced zeros, after a crash: a letter per sector.
std::string sectors_after(Loss loss, std::uint64_t seed) {
  constexpr std::size_t kSectors = 8;
  using Sectors = std::array<std::byte, kSectors * testing::SimDisk::kSectorBytes>;
  SeededRandom random(seed);
  testing::SimDisk disk;
  std::shared_ptr<testing::SimFile> file;
  Sectors bytes{};
  EXPECT_EQ(disk.open("a", true, file), SQLITE_OK);
  EXPECT_EQ(disk.write(*file, "a", 0, bytes), SQLITE_OK);
  EXPECT_EQ(disk.sync(*file, "a"), SQLITE_OK);
  bytes.fill(std::byte{1});
  EXPECT_EQ(disk.write(*file, "a", 0, bytes), SQLITE_OK);
  disk.restart(random, loss);
  EXPECT_EQ(disk.open("a", false, file), SQLITE_OK);
  EXPECT_EQ(disk.read(*file, "a", 0, bytes), SQLITE_OK);
  std::string sectors;
  for (std::size_t i = 0; i < bytes.size(); i += testing::SimDisk::kSectorBytes) {
    const auto sector = std::span(bytes).subspan(i, testing::SimDisk::kSectorBytes);
    EXPECT_TRUE(std::ranges::all_of(sector, [&](std::byte b) { return b == sector[0]; }));
    sectors += sector[0] == std::byte{0} ? '.' : 'x';
  }
  return sectors;
}

TEST(SimDiskTest, ACrashLeavesWhatItsLossSays) {
  bool torn = false;
  bool scattered = false;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_EQ(sectors_after(Loss::kNothing, seed), "xxxxxxxx");
    EXPECT_EQ(sectors_after(Loss::kEverything, seed), "........");
    const auto prefix = sectors_after(Loss::kPrefix, seed);
    EXPECT_TRUE(prefix == "xxxxxxxx" || prefix == "........") << prefix;
    const auto part = sectors_after(Loss::kTorn, seed);
    EXPECT_EQ(part.find(".x"), std::string::npos) << part;
    torn |= part.find("x.") != std::string::npos;
    scattered |= sectors_after(Loss::kScattered, seed).find(".x") != std::string::npos;
  }
  EXPECT_TRUE(torn);
  EXPECT_TRUE(scattered);
}

}  // namespace
}  // namespace orderly::sqlite
