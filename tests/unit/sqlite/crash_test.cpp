// What SQLite's settings promise, held over many crashes of a simulated machine: each run is made
// from its seed, which a failure prints.

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <array>
#include <string>
#include <vector>

#include "sqlite/error.hpp"
#include "sqlite/metadata.hpp"
#include "sqlite/migrations.hpp"
#include "sqlite/reader_pool.hpp"
#include "sqlite/transaction.hpp"
#include "unit/sqlite/scratch_database.hpp"
#include "unit/sqlite/sim_machine.hpp"

namespace orderly::sqlite {
namespace {

using orderly::testing::DiskOp;
using orderly::testing::Loss;
using orderly::testing::power_failure;

constexpr std::uint64_t kSeeds = 150;
constexpr int kLives = 4;

constexpr std::array kMigrations{
    Migration{1, "groups", "CREATE TABLE grp(id INTEGER PRIMARY KEY, members INTEGER NOT NULL)"},
    Migration{2, "members",
              "CREATE TABLE member(grp REFERENCES grp, filler TEXT);"
              "CREATE INDEX member_by_grp ON member(grp);"}};
constexpr Schema kSchema{"crash", application_id("OTst"), kMigrations};

Uuid some_epoch() {
  Uuid epoch;
  epoch.bytes.fill(std::byte{7});
  return epoch;
}

/// A store that writes groups: each is one transaction, numbered in commit order.
class GroupStore {
 public:
  explicit GroupStore(const OpenOptions& options) : connection_(migrated(options)) {}

  /// Throws Unavailable.
  void write(std::int64_t group, std::uint64_t members) {
    const std::string filler(300, 'f');
    WriteTransaction transaction(connection_);
    insert_group_.run(group, static_cast<std::int64_t>(members));
    for (std::uint64_t i = 0; i < members; ++i)
      insert_member_.run(group, filler);
    transaction.commit();
  }

  /// The number of groups, which must be 1 … n without gaps and each complete.
  std::int64_t check() {
    EXPECT_EQ(text_of(connection_, "PRAGMA integrity_check"), "ok");
    const auto last = number_of(connection_, "SELECT ifnull(max(id), 0) FROM grp");
    EXPECT_EQ(number_of(connection_, "SELECT count(*) FROM grp"), last);
    EXPECT_EQ(number_of(connection_,
                        "SELECT count(*) FROM grp WHERE members <> "
                        "(SELECT count(*) FROM member WHERE member.grp = grp.id)"),
              0);
    return last;
  }

 private:
  static Connection migrated(const OpenOptions& options) {
    Connection connection(options);
    migrate(connection, kSchema, some_epoch());
    return connection;
  }

  Connection connection_;
  Statement insert_group_ = connection_.prepare("INSERT INTO grp VALUES(?1, ?2)");
  Statement insert_member_ = connection_.prepare("INSERT INTO member VALUES(?1, ?2)");
};

class Reader {
 public:
  explicit Reader(Connection connection) : connection_(std::move(connection)) {}
  std::int64_t groups() { return number_of(connection_, "SELECT count(*) FROM grp"); }

 private:
  Connection connection_;
};

/// Lives and dies several times on one disk. Tells how far it came.
class Life {
 public:
  Life(SimMachine& machine, Synchronous synchronous)
      : machine_(machine), options_(machine.options(synchronous)) {
    options_.wal_autocheckpoint_pages = 1 + static_cast<int>(machine.random.below(20));
  }

  std::int64_t acknowledged = 0;  ///< the last group whose commit returned

  /// Writes until the machine dies; now and then a reader holds a snapshot against the checkpoints.
  void until_crash() {
    machine_.disk.crash_at_op(1 + machine_.random.below(150));
    try {
      GroupStore store(options_);
      ReaderPool<Reader> readers(options_, 2);
      for (;;) {
        store.write(acknowledged + 1, machine_.random.below(12));
        ++acknowledged;
        if (machine_.random.one_in(3)) {
          EXPECT_EQ(readers.lease()->groups(), acknowledged);
        }
      }
    } catch (const Unavailable&) {
      ASSERT_TRUE(machine_.disk.down());
    }
  }

  /// The groups that are there after a restart.
  std::int64_t after(Loss loss) {
    machine_.disk.restart(machine_.random, loss);
    return GroupStore(options_).check();
  }

 private:
  SimMachine& machine_;
  OpenOptions options_;
};

TEST(CrashTest, WithFullSynchronousEveryAcknowledgedCommitSurvivesWhole) {
  std::int64_t written = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimMachine machine(seed);
    Life life(machine, Synchronous::kFull);
    for (int i = 0; i < kLives; ++i) {
      life.until_crash();
      const auto there = life.after(power_failure(machine.random));
      // The commit in which the machine died may be there or not.
      ASSERT_GE(there, life.acknowledged);
      ASSERT_LE(there, life.acknowledged + 1);
      life.acknowledged = there;
    }
    written += life.acknowledged;
  }
  EXPECT_GT(written, std::int64_t{kSeeds}) << "the machines die before they have worked";
}

TEST(CrashTest, WithNormalSynchronousTheNewestCommitsMayVanishButNothingElse) {
  std::int64_t lost = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimMachine machine(seed);
    Life life(machine, Synchronous::kNormal);
    for (int i = 0; i < kLives; ++i) {
      life.until_crash();
      const auto there = life.after(power_failure(machine.random));
      ASSERT_LE(there, life.acknowledged + 1);
      lost += std::max<std::int64_t>(0, life.acknowledged - there);
      life.acknowledged = there;
    }
  }
  EXPECT_GT(lost, 0) << "the crashes take nothing, so that the test above proves nothing";
}

TEST(CrashTest, AKilledProcessLosesNoCommitEvenWithNormalSynchronous) {
  for (std::uint64_t seed = 0; seed < kSeeds / 3; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimMachine machine(seed);
    Life life(machine, Synchronous::kNormal);
    for (int i = 0; i < kLives; ++i) {
      life.until_crash();
      const auto there = life.after(Loss::kNothing);
      ASSERT_GE(there, life.acknowledged);
      life.acknowledged = there;
    }
  }
}

TEST(CrashTest, AMigrationKilledAnywhereGoesOnAtTheNextStart) {
  for (std::uint64_t op = 1;; ++op) {
    SCOPED_TRACE("dies in operation " + std::to_string(op));
    SimMachine machine(op);
    machine.disk.crash_at_op(op);
    const auto start = [&] { GroupStore(machine.options()).write(1, 1); };
    try {
      start();
      EXPECT_GT(op, 20U) << "too few operations to be true";
      break;
    } catch (const Unavailable&) {
      ASSERT_TRUE(machine.disk.down());
    }
    machine.disk.restart(machine.random, power_failure(machine.random));
    GroupStore store(machine.options());
    if (store.check() == 0) store.write(1, 1);
    Connection connection(machine.options());
    EXPECT_EQ(schema_version(connection), 2);
    EXPECT_EQ(Metadata(connection).epoch(), some_epoch());
  }
}

TEST(CrashTest, ADiskErrorAnywhereFailsACommitOrNothingAndLosesNone) {
  struct Trouble {
    DiskOp op;
    int code;
  };
  constexpr std::array kTroubles{
      Trouble{DiskOp::kWrite, SQLITE_FULL}, Trouble{DiskOp::kWrite, SQLITE_IOERR_WRITE},
      Trouble{DiskOp::kSync, SQLITE_IOERR_FSYNC}, Trouble{DiskOp::kRead, SQLITE_IOERR_READ},
      Trouble{DiskOp::kTruncate, SQLITE_IOERR_TRUNCATE}};
  std::uint64_t failures = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SimMachine machine(seed);
    auto options = machine.options();
    options.wal_autocheckpoint_pages = 4;
    std::int64_t acknowledged = 0;
    {
      GroupStore store(options);
      for (int i = 0; i < 40; ++i) {
        const auto trouble = kTroubles[machine.random.below(kTroubles.size())];
        machine.disk.clear_faults();
        machine.disk.fail_next(
            {.op = trouble.op, .code = trouble.code, .after = machine.random.below(12)});
        try {
          store.write(acknowledged + 1, machine.random.below(6));
          ++acknowledged;
        } catch (const StorageFull&) {
          EXPECT_EQ(trouble.code, SQLITE_FULL);
          ++failures;
        } catch (const Unavailable&) {
          EXPECT_NE(trouble.code, SQLITE_FULL);
          ++failures;
        }
      }
      machine.disk.clear_faults();
      EXPECT_EQ(store.check(), acknowledged);
      machine.disk.restart(machine.random, power_failure(machine.random));
    }
    const auto there = GroupStore(options).check();
    // The frames of a last commit that failed in its sync may have reached the disk after all.
    ASSERT_GE(there, acknowledged);
    ASSERT_LE(there, acknowledged + 1);
  }
  EXPECT_GT(failures, std::uint64_t{kSeeds});
}

/// All bytes that are on the disk after a run.
std::string image_after(std::uint64_t seed) {
  SimMachine machine(seed);
  Life life(machine, Synchronous::kFull);
  for (int i = 0; i < kLives; ++i) {
    life.until_crash();
    life.acknowledged = life.after(power_failure(machine.random));
  }
  life.until_crash();
  machine.disk.restart(machine.random, Loss::kScattered);
  std::string image = std::to_string(machine.disk.durable_ops());
  for (const std::string name : {"sim.db", "sim.db-wal"}) {
    std::shared_ptr<testing::SimFile> file;
    if (machine.disk.open(name, false, file) != SQLITE_OK) continue;
    std::string bytes(file->size(), '\0');
    EXPECT_EQ(machine.disk.read(*file, name, 0, std::as_writable_bytes(std::span(bytes))),
              SQLITE_OK);
    image += bytes;
  }
  return image;
}

TEST(CrashTest, ASeedGivesTheSameRunToTheByte) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const auto image = image_after(seed);
    EXPECT_TRUE(image == image_after(seed)) << "seed " << seed;
    EXPECT_FALSE(image == image_after(seed + 1)) << "seed " << seed;
  }
}

/// Guards against a switch to WAL that failed unseen: the rollback journal that it left in use does
/// not sync its directory, so a power failure undid the last commit.
TEST(Opening, EitherFailsOrIsInWalModeWhicheverSyncFails) {
  for (std::uint64_t after = 0; after < 12; ++after) {
    SimMachine machine(after);
    machine.disk.fail_next({.op = DiskOp::kSync, .code = SQLITE_IOERR_FSYNC, .after = after});
    try {
      Connection connection(machine.options());
      EXPECT_EQ(text_of(connection, "PRAGMA journal_mode"), "wal") << "sync " << after << " failed";
    } catch (const DatabaseError&) {  // refused
    }
    machine.disk.clear_faults();
    Connection again(machine.options());
    EXPECT_EQ(text_of(again, "PRAGMA journal_mode"), "wal");
  }
}

}  // namespace
}  // namespace orderly::sqlite
