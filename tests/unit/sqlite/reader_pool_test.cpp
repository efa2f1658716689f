#include "sqlite/reader_pool.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "sqlite/error.hpp"
#include "unit/sqlite/scratch_database.hpp"

namespace orderly::sqlite {
namespace {

using std::chrono::milliseconds;

std::atomic<int> sessions_opened;

class Session {
 public:
  explicit Session(Connection connection)
      : connection_(std::move(connection)), sum_(connection_.prepare("SELECT sum(a) FROM t")) {
    ++sessions_opened;
  }

  std::int64_t sum() {
    auto row = sum_.use();
    return row.step() ? row.int64(0) : -1;
  }
  void write() { connection_.exec("INSERT INTO t VALUES(1)"); }

 private:
  Connection connection_;
  Statement sum_;
};

class ReaderPoolTest : public ScratchDatabase {
 protected:
  ReaderPoolTest() {
    sessions_opened = 0;
    writer_.exec("CREATE TABLE t(a); INSERT INTO t VALUES(20), (22)");
  }

  Connection writer_{options()};
};

TEST_F(ReaderPoolTest, SessionsAreReusedAndOnlyRead) {
  ReaderPool<Session> pool(options(), 4);
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(pool.lease()->sum(), 42);
  EXPECT_EQ(sessions_opened, 1);
  EXPECT_THROW(pool.lease()->write(), DatabaseError);
}

TEST_F(ReaderPoolTest, IsBoundedAndRefusesInTime) {
  ReaderPool<Session> pool(options(), 2);
  auto first = pool.lease();
  {
    auto second = pool.lease();
    EXPECT_THROW((void)pool.lease(milliseconds(1)), Unavailable);
  }
  EXPECT_EQ(pool.lease(milliseconds(1))->sum(), 42);
  EXPECT_EQ(sessions_opened, 2);
}

TEST_F(ReaderPoolTest, AFailureToOpenDoesNotUseUpTheRoom) {
  auto missing = options();
  missing.path += ".missing";
  ReaderPool<Session> pool(missing, 1);
  EXPECT_THROW((void)pool.lease(milliseconds(1)), DatabaseError);
  EXPECT_THROW((void)pool.lease(milliseconds(1)), DatabaseError);
}

TEST_F(ReaderPoolTest, ServesManyThreadsBesideTheWriter) {
  ReaderPool<Session> pool(options(), 2);
  std::atomic<int> wrong = 0;
  {
    const auto read = [&] {
      for (int i = 0; i < 200; ++i) {
        if (pool.lease()->sum() % 42 != 0) ++wrong;
      }
    };
    std::array<std::jthread, 4> threads;
    for (auto& thread : threads)
      thread = std::jthread(read);
    for (int i = 0; i < 50; ++i)
      writer_.exec("INSERT INTO t VALUES(42)");
  }
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(sessions_opened, 2);
}

}  // namespace
}  // namespace orderly::sqlite
