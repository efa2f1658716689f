#include "sqlite/statement.hpp"

#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "sqlite/error.hpp"
#include "unit/sqlite/scratch_database.hpp"

namespace orderly::sqlite {
namespace {

template <class T>
concept Bindable =
    requires(Statement::Use& use, T&& value) { use.bind(1, std::forward<T>(value)); };

// What would dangle before the statement has run does not compile.
static_assert(Bindable<std::string&> && !Bindable<std::string>);
static_assert(Bindable<Uuid&> && Bindable<const Uuid&> && !Bindable<Uuid>);
static_assert(!Bindable<std::vector<std::byte>> && Bindable<std::vector<std::byte>&>);
static_assert(Bindable<std::optional<std::string>&> && !Bindable<std::optional<std::string>>);
static_assert(!Bindable<std::optional<Uuid>> && Bindable<std::optional<std::int64_t>>);
static_assert(Bindable<std::string_view> && Bindable<const char (&)[4]> && Bindable<int>);
// A column holds 63 bits and a sign.
static_assert(!Bindable<std::uint64_t> && Bindable<std::uint32_t>);

class StatementTest : public ScratchDatabase {
 protected:
  StatementTest() {
    connection_.exec("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE, v ANY NOT NULL)");
  }

  Connection connection_{options()};
};

TEST_F(StatementTest, ValuesComeBackAsTheyWere) {
  Uuid id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i)
    id.bytes[i] = static_cast<std::byte>(i * 17);
  const std::array blob{std::byte{0}, std::byte{255}};
  const std::string text("na\0me", 5);
  Statement echo = connection_.prepare("SELECT ?1, ?2, ?3, ?4, ?5, ?6");
  const auto least = std::numeric_limits<std::int64_t>::min();
  auto row = echo.use(least, 1.5, text, std::span<const std::byte>(blob), id, nullptr);
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.int64(0), least);
  EXPECT_EQ(row.real(1), 1.5);
  EXPECT_EQ(row.text(2), text);
  EXPECT_TRUE(std::ranges::equal(row.blob(3), blob));
  EXPECT_EQ(row.uuid(4), id);
  EXPECT_TRUE(row.is_null(5));
  EXPECT_FALSE(row.step());
  EXPECT_FALSE(row.step()) << "a finished statement began again";
}

TEST_F(StatementTest, EmptyIsNotNull) {
  Statement echo = connection_.prepare("SELECT ?1, ?2, ?3");
  auto row = echo.use(std::string_view(), std::span<const std::byte>(), std::optional<int>());
  ASSERT_TRUE(row.step());
  EXPECT_FALSE(row.is_null(0));
  EXPECT_FALSE(row.is_null(1));
  EXPECT_TRUE(row.is_null(2));
  EXPECT_EQ(row.text(0), "");
  EXPECT_TRUE(row.blob(1).empty());
}

TEST_F(StatementTest, ATakenKeyIsAValueAndOtherConstraintsAreNot) {
  Statement insert = connection_.prepare("INSERT INTO t VALUES(?1, ?2, ?3)");
  EXPECT_EQ(insert.insert(1, "a", 0), InsertOutcome::kInserted);
  EXPECT_EQ(insert.insert(1, "b", 0), InsertOutcome::kConflict);
  EXPECT_EQ(insert.insert(2, "a", 0), InsertOutcome::kConflict);
  try {
    insert.insert(3, "c", nullptr);
    FAIL() << "NOT NULL took a NULL";
  } catch (const DatabaseError& error) {
    EXPECT_EQ(error.fault(), Fault::kConstraint);
  }
  EXPECT_EQ(insert.insert(3, "c", 0), InsertOutcome::kInserted);
  EXPECT_EQ(number_of(connection_, "SELECT count(*) FROM t"), 2);
}

TEST_F(StatementTest, AUseLeavesNothingForTheNext) {
  Statement echo = connection_.prepare("SELECT ?1, ?2");
  {
    ASSERT_TRUE(echo.use("a", "b").step());
  }
  auto row = echo.use("c");
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.text(0), "c");
  EXPECT_TRUE(row.is_null(1)) << "a text of the use before was read";
}

TEST_F(StatementTest, IsResetWhenAnExceptionPasses) {
  Statement numbers = connection_.prepare("SELECT value FROM json_each('[1,2,3]')");
  EXPECT_THROW(
      {
        auto row = numbers.use();
        row.step();
        throw std::runtime_error("in the middle");
      },
      std::runtime_error);
  auto row = numbers.use();
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.int64(0), 1);
}

TEST_F(StatementTest, RunAnswersTheRowsChanged) {
  Statement insert = connection_.prepare("INSERT INTO t VALUES(?1, ?2, 0)");
  EXPECT_EQ(insert.run(1, "a"), 1);
  EXPECT_EQ(insert.run(2, "b"), 1);
  EXPECT_EQ(connection_.last_insert_rowid(), 2);
  EXPECT_EQ(connection_.prepare("UPDATE t SET v = 1").run(), 2);
  EXPECT_EQ(connection_.prepare("UPDATE t SET v = 1 WHERE id = ?1").run(9), 0);
}

TEST_F(StatementTest, ReturningRowsCanBeRead) {
  Statement insert = connection_.prepare("INSERT INTO t VALUES(NULL, ?1, 0) RETURNING id");
  auto row = insert.use("a");
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.int64(0), 1);
  EXPECT_FALSE(row.step());
}

TEST_F(StatementTest, ABlobOfAnotherSizeIsNoUuid) {
  Statement statement = connection_.prepare("SELECT x'0011'");
  auto row = statement.use();
  ASSERT_TRUE(row.step());
  EXPECT_THROW((void)row.uuid(0), DatabaseError);
}

TEST_F(StatementTest, BadSqlIsAnErrorThatShowsIt) {
  try {
    (void)connection_.prepare("SELEKT 1");
    FAIL() << "compiled nonsense";
  } catch (const DatabaseError& error) {
    EXPECT_NE(std::string(error.what()).find("SELEKT 1"), std::string::npos);
  }
}

using StatementDeathTest = StatementTest;

TEST_F(StatementDeathTest, MistakesOfOurOwnEndTheProcess) {
  Statement one = connection_.prepare("SELECT ?1");
  EXPECT_DEATH((void)one.use(1, 2), "parameter");
  EXPECT_DEATH(
      {
        auto outer = one.use(1);
        outer.step();
        (void)one.use(2);
      },
      "in use");
  EXPECT_DEATH((void)connection_.prepare("SELECT 1; SELECT 2"), "more than one");
}

}  // namespace
}  // namespace orderly::sqlite
