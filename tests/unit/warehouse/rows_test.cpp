#include "warehouse/rows.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace orderly::warehouse {
namespace {

const TableSpec kTable{.name = "t",
                       .columns = {{"a", ColumnType::kText},
                                   {"b", ColumnType::kInteger},
                                   {"c", ColumnType::kReal},
                                   {"d", ColumnType::kBoolean},
                                   {"e", ColumnType::kDate},
                                   {"f", ColumnType::kTimestamp}},
                       .key = "a"};

TEST(RowBatch, values_come_out_as_they_went_in) {
  RowBatch batch(kTable);
  const std::string text("nul\0 and \u00e9", 10);
  batch.begin_row()
      .text(text)
      .integer(std::numeric_limits<std::int64_t>::min())
      .real(-0.5)
      .boolean(true)
      .date(*parse_date("2021-02-14"))
      .timestamp(UtcTime(std::chrono::microseconds(-1)));
  batch.begin_row(true).text("").null().null().null().null().null();
  EXPECT_EQ(batch.size(), 2U);
  EXPECT_TRUE(batch.replaces_some());

  const RowBatch carried(kTable, batch.bytes(), batch.size(), batch.replaces_some());
  RowReader reader(carried);
  ASSERT_TRUE(reader.next_row());
  EXPECT_FALSE(reader.replaces());
  EXPECT_EQ(reader.next_value().text, text);
  EXPECT_EQ(reader.next_value().integer, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(reader.next_value().real, -0.5);
  EXPECT_EQ(reader.next_value().integer, 1);
  EXPECT_EQ(reader.next_value().integer, 18'672);
  EXPECT_EQ(reader.next_value().integer, -1);
  ASSERT_TRUE(reader.next_row());
  EXPECT_TRUE(reader.replaces());
  EXPECT_EQ(reader.next_value().text, "");
  EXPECT_TRUE(reader.next_value().is_null);
  EXPECT_FALSE(reader.next_row());
}

TEST(RowBatch, batches_of_a_table_are_put_together) {
  const TableSpec table{.name = "t", .columns = {{"a", ColumnType::kInteger}}, .key = "a"};
  RowBatch batch(table);
  RowBatch more(table);
  batch.append(more);
  EXPECT_TRUE(batch.empty());
  batch.begin_row().integer(1);
  more.begin_row(true).integer(2);
  more.begin_removal().integer(3);
  batch.append(more);
  batch.begin_row().integer(4);
  EXPECT_EQ(batch.size(), 4U);
  EXPECT_TRUE(batch.replaces_some());
  std::int64_t expected = 0;
  for (RowReader reader(batch); reader.next_row();)
    EXPECT_EQ(reader.next_value().integer, ++expected);
  EXPECT_EQ(expected, 4);
}

TEST(RowBatchDeath, a_row_that_is_not_of_its_table_ends_the_process) {
  EXPECT_DEATH(RowBatch(kTable).begin_row().integer(1), "type of its column");
  EXPECT_DEATH(RowBatch(kTable).begin_row().text("a").begin_row(), "a value for each column");
  EXPECT_DEATH(RowBatch(kTable).text("a"), "type of its column");
}

TEST(CatalogDeath, a_catalog_that_breaks_a_rule_ends_the_process) {
  EXPECT_DEATH(check_catalog({.tables = {{.name = "a; drop", .columns = {{"x"}}}}, .views = {}}),
               "plain identifier");
  EXPECT_DEATH(check_catalog({.tables = {{.name = "a__second", .columns = {{"x"}}}}, .views = {}}),
               "a rebuild's tables");
  EXPECT_DEATH(check_catalog({.tables = {kTable, kTable}, .views = {}}), "used once");
  EXPECT_DEATH(
      check_catalog({.tables = {{.name = "a", .columns = {{"x"}}, .key = "y"}}, .views = {}}),
      "column of texts or integers");
  EXPECT_DEATH(check_catalog({.tables = {{.name = "a", .columns = {{"x"}}, .date_column = "x"}},
                              .views = {}}),
               "dates or timestamps");
}

}  // namespace
}  // namespace orderly::warehouse
