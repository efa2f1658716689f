#include "sqlite/migrations.hpp"

#include <gtest/gtest.h>

#include <array>

#include "sqlite/error.hpp"
#include "sqlite/metadata.hpp"
#include "unit/sqlite/scratch_database.hpp"

namespace orderly::sqlite {
namespace {

constexpr std::array kFirst{Migration{1, "shelves", "CREATE TABLE shelf(id INTEGER PRIMARY KEY)"}};
constexpr std::array kBoth{
    kFirst[0], Migration{2, "books",
                         "CREATE TABLE book(id INTEGER PRIMARY KEY, shelf REFERENCES shelf);"
                         "INSERT INTO shelf VALUES(7);"}};
constexpr std::array kOtherHistory{
    Migration{1, "boxes", "CREATE TABLE box(id INTEGER PRIMARY KEY)"}};
constexpr std::array kBroken{
    kFirst[0],
    Migration{2, "broken", "INSERT INTO shelf VALUES(1); INSERT INTO nowhere VALUES(1)"}};

Schema schema(std::span<const Migration> migrations) {
  return {.name = "library", .application_id = application_id("OLib"), .migrations = migrations};
}

Uuid epoch(int last) {
  Uuid id;
  id.bytes[15] = static_cast<std::byte>(last);
  return id;
}

class MigrationsTest : public ScratchDatabase {
 protected:
  std::string refusal(const Schema& wanted) {
    try {
      migrate(connection_, wanted, epoch(9));
    } catch (const IncompatibleDatabase& refused) {
      return refused.what();
    }
    return "";
  }

  Connection connection_{options()};
};

TEST_F(MigrationsTest, AnEmptyFileGetsEverything) {
  migrate(connection_, schema(kBoth), epoch(1));
  EXPECT_EQ(schema_version(connection_), 2);
  EXPECT_EQ(number_of(connection_, "SELECT id FROM shelf"), 7);
  EXPECT_EQ(number_of(connection_, "PRAGMA application_id"), application_id("OLib"));
  EXPECT_EQ(Metadata(connection_).epoch(), epoch(1));
}

TEST_F(MigrationsTest, AnOlderFileGetsWhatIsMissingAndKeepsItsEpoch) {
  migrate(connection_, schema(kFirst), epoch(1));
  connection_.exec("INSERT INTO shelf VALUES(3)");
  migrate(connection_, schema(kBoth), epoch(2));
  EXPECT_EQ(schema_version(connection_), 2);
  EXPECT_EQ(number_of(connection_, "SELECT count(*) FROM shelf"), 2);
  EXPECT_EQ(Metadata(connection_).epoch(), epoch(1));
}

TEST_F(MigrationsTest, TwiceIsOnce) {
  migrate(connection_, schema(kBoth), epoch(1));
  migrate(connection_, schema(kBoth), epoch(2));
  EXPECT_EQ(number_of(connection_, "SELECT count(*) FROM shelf"), 1);
}

TEST_F(MigrationsTest, ANewerFileIsRefused) {
  migrate(connection_, schema(kBoth), epoch(1));
  EXPECT_NE(refusal(schema(kFirst)).find("newer version"), std::string::npos);
  EXPECT_EQ(schema_version(connection_), 2);
}

TEST_F(MigrationsTest, AnotherHistoryIsRefused) {
  migrate(connection_, schema(kFirst), epoch(1));
  EXPECT_NE(refusal(schema(kOtherHistory)).find("another line"), std::string::npos);
}

TEST_F(MigrationsTest, AnotherStoresFileIsRefused) {
  migrate(connection_, schema(kFirst), epoch(1));
  auto other = schema(kFirst);
  other.name = "order";
  other.application_id = application_id("OOrd");
  EXPECT_NE(refusal(other).find("not a database of the order store"), std::string::npos);
}

TEST_F(MigrationsTest, AStrangersDatabaseIsRefusedAndLeftAlone) {
  connection_.exec("CREATE TABLE holiday_photos(a)");
  EXPECT_NE(refusal(schema(kFirst)).find("not a database of the library store"), std::string::npos);
  EXPECT_EQ(number_of(connection_, "SELECT count(*) FROM sqlite_schema"), 1);
}

TEST_F(MigrationsTest, AFailedMigrationLeavesTheVersionBefore) {
  EXPECT_THROW(migrate(connection_, schema(kBroken), epoch(1)), DatabaseError);
  EXPECT_EQ(schema_version(connection_), 1);
  EXPECT_EQ(number_of(connection_, "SELECT count(*) FROM shelf"), 0);
  migrate(connection_, schema(kBoth), epoch(1));
  EXPECT_EQ(schema_version(connection_), 2);
}

TEST_F(MigrationsTest, MetadataKeepsTheLastValueOfAKey) {
  migrate(connection_, schema(kFirst), epoch(1));
  Metadata metadata(connection_);
  EXPECT_EQ(metadata.number("settled"), std::nullopt);
  metadata.set("settled", std::int64_t{41});
  metadata.set("settled", std::int64_t{42});
  metadata.set("note", "words");
  EXPECT_EQ(metadata.number("settled"), 42);
  EXPECT_EQ(metadata.text("note"), "words");
  metadata.remove("note");
  EXPECT_EQ(metadata.text("note"), std::nullopt);
  metadata.set_epoch(epoch(5));
  EXPECT_EQ(metadata.epoch(), epoch(5));
}

}  // namespace
}  // namespace orderly::sqlite
