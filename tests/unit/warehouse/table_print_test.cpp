#include "warehouse/table_print.hpp"

#include <gtest/gtest.h>

namespace orderly::warehouse {
namespace {

Cell text(const char* value) { return Cell(std::string(value)); }
Cell integer(std::int64_t value) { return Cell(value); }

ResultTable result_of(std::vector<Column> columns, std::vector<Row> rows) {
  return {.columns = std::move(columns), .rows = std::move(rows)};
}

const ResultTable& lab_result() {
  static const ResultTable result =
      result_of({{"product_name", "VARCHAR"}, {"total_number", "HUGEINT"}, {"revenue", "HUGEINT"}},
                {{text("Gaming Display"), integer(1), integer(500)},
                 {text("Web Camera"), integer(2), integer(200)}});
  return result;
}

TEST(TablePrint, prints_the_table_of_the_lab) {
  EXPECT_EQ(print_result(lab_result(), TableFormat::kTable),
            "+----------------+--------------+---------+\n"
            "|  product_name  | total_number | revenue |\n"
            "+----------------+--------------+---------+\n"
            "| Gaming Display |            1 |     500 |\n"
            "| Web Camera     |            2 |     200 |\n"
            "+----------------+--------------+---------+\n");
}

TEST(TablePrint, headers_are_centred_with_the_odd_space_to_the_right) {
  const auto result =
      result_of({{"ab", "VARCHAR"}, {"n", "BIGINT"}}, {{text("12345"), integer(10)}});
  EXPECT_EQ(print_result(result, TableFormat::kTable),
            "+-------+----+\n"
            "|  ab   | n  |\n"
            "+-------+----+\n"
            "| 12345 | 10 |\n"
            "+-------+----+\n");
}

TEST(TablePrint, null_empty_text_and_other_types) {
  const auto result =
      result_of({{"s", "VARCHAR"}, {"d", "DATE"}, {"b", "BOOLEAN"}, {"f", "DOUBLE"}},
                {{Cell{}, Cell{}, Cell{}, Cell{}},
                 {text(""), text("2021-02-14"), Cell(true), Cell(2.0)},
                 {text("x"), text("2021-12-31"), Cell(false), Cell(0.1)}});
  EXPECT_EQ(print_result(result, TableFormat::kTable),
            "+------+------------+-------+------+\n"
            "|  s   |     d      |   b   |  f   |\n"
            "+------+------------+-------+------+\n"
            "| NULL |       NULL |  NULL | NULL |\n"
            "|      | 2021-02-14 |  true |  2.0 |\n"
            "| x    | 2021-12-31 | false |  0.1 |\n"
            "+------+------------+-------+------+\n");
}

TEST(TablePrint, cells_of_several_lines_take_several_lines) {
  const auto result =
      result_of({{"note", "VARCHAR"}, {"n", "BIGINT"}}, {{text("one\nthree"), integer(5)}});
  EXPECT_EQ(print_result(result, TableFormat::kTable),
            "+-------+---+\n"
            "| note  | n |\n"
            "+-------+---+\n"
            "| one   | 5 |\n"
            "| three |   |\n"
            "+-------+---+\n");
}

TEST(TablePrint, wide_and_combining_characters_keep_the_frame_straight) {
  const auto result =
      result_of({{"名前", "VARCHAR"}}, {{text("ゲーム")}, {text("e\u0301a")}, {text("abcdefg")}});
  EXPECT_EQ(print_result(result, TableFormat::kTable),
            "+---------+\n"
            "|  名前   |\n"
            "+---------+\n"
            "| ゲーム  |\n"
            "| e\u0301a      |\n"
            "| abcdefg |\n"
            "+---------+\n");
}

TEST(TablePrint, widths_of_characters) {
  EXPECT_EQ(display_width(""), 0U);
  EXPECT_EQ(display_width("abc é"), 5U);
  EXPECT_EQ(display_width("客户"), 4U);
  EXPECT_EQ(display_width("ｆｕｌｌ"), 8U);
  EXPECT_EQ(display_width("ﾊﾝｶｸ"), 4U);
  EXPECT_EQ(display_width("한국"), 4U);
  EXPECT_EQ(display_width("😀"), 2U);
  EXPECT_EQ(display_width("e\u0301"), 1U);
  EXPECT_EQ(display_width("\u200b"), 0U);
  EXPECT_EQ(display_width("\U00020000"), 2U);
}

TEST(TablePrint, without_rows_only_json_prints_something) {
  const auto nothing = result_of({{"a", "VARCHAR"}}, {});
  EXPECT_EQ(print_result(nothing, TableFormat::kTable), "");
  EXPECT_EQ(print_result(nothing, TableFormat::kCsv), "");
  EXPECT_EQ(print_result(nothing, TableFormat::kJson), "[]\n");
}

TEST(TablePrint, csv_quotes_only_where_needed) {
  const auto result =
      result_of({{"name", "VARCHAR"}, {"n", "BIGINT"}}, {{text("plain"), integer(1)},
                                                         {text("a,b"), integer(2)},
                                                         {text("say \"hi\""), Cell{}},
                                                         {text("two\nlines"), integer(4)},
                                                         {text(""), integer(5)}});
  EXPECT_EQ(print_result(result, TableFormat::kCsv),
            "name,n\n"
            "plain,1\n"
            "\"a,b\",2\n"
            "\"say \"\"hi\"\"\",\n"
            "\"two\nlines\",4\n"
            ",5\n");
  EXPECT_EQ(print_result(result_of({{"a", "VARCHAR"}}, {{Cell{}}}), TableFormat::kCsv),
            "a\n\"\"\n");
}

TEST(TablePrint, json_is_one_line_with_sorted_keys_and_values_as_text) {
  EXPECT_EQ(print_result(lab_result(), TableFormat::kJson),
            R"([{"product_name":"Gaming Display","revenue":"500","total_number":"1"},)"
            R"({"product_name":"Web Camera","revenue":"200","total_number":"2"}])"
            "\n");
  const auto special = result_of({{"b", "VARCHAR"}, {"a", "BOOLEAN"}, {"a", "BIGINT"}},
                                 {{text("é\"\n"), Cell(true), Cell{}}});
  EXPECT_EQ(print_result(special, TableFormat::kJson), "[{\"a\":null,\"b\":\"é\\\"\\n\"}]\n");
}

TEST(TablePrint, formats_have_names) {
  EXPECT_EQ(parse_table_format("table"), TableFormat::kTable);
  EXPECT_EQ(parse_table_format("json"), TableFormat::kJson);
  EXPECT_EQ(parse_table_format("csv"), TableFormat::kCsv);
  EXPECT_EQ(parse_table_format("xml"), std::nullopt);
}

}  // namespace
}  // namespace orderly::warehouse
