#include "warehouse/process/messages.hpp"

#include <gtest/gtest.h>

namespace orderly::warehouse::process {
namespace {

TEST(ProcessMessages, a_query_and_its_parameters_come_through_the_pipe) {
  const QueryRequest request{.sql = "SELECT ?",
                             .parameters = {{"a", ParameterType::kBoolean, Cell(true)},
                                            {"b", ParameterType::kInteger, Cell(std::int64_t{-7})},
                                            {"c", ParameterType::kReal, Cell(0.1)},
                                            {"d", ParameterType::kText, Cell(std::string("x"))},
                                            {"e", ParameterType::kNull, {}}},
                             .max_rows = 7,
                             .timeout = std::chrono::milliseconds(250)};
  const QueryRequest read = decode_query(encode(request));
  EXPECT_EQ(read.sql, request.sql);
  EXPECT_EQ(read.parameters, request.parameters);
  EXPECT_EQ(read.max_rows, request.max_rows);
  EXPECT_EQ(read.timeout, request.timeout);
}

TEST(ProcessMessages, second_tables_and_their_differences_come_through_the_pipe) {
  const Cursor cursor{.epoch = *Uuid::parse("00000000-0000-4000-8000-0000000000aa"),
                      .position = 7,
                      .event_id = *Uuid::parse("00000000-0000-4000-8000-0000000000bb")};
  const SecondTables tables{.tables = {{"a", cursor, {}}, {"b", {}, cursor}},
                            .swapped = true,
                            .kept_until = UtcTime(std::chrono::microseconds(-5))};
  EXPECT_EQ(decode_seconds(encode(tables)), tables);
  EXPECT_EQ(decode_seconds(encode(SecondTables{})), SecondTables{});

  const SecondCommand command{.action = SecondCommand::Action::kSwap,
                              .tables = {"a", "b"},
                              .until = UtcTime(std::chrono::seconds(9)),
                              .list_lost = true};
  const SecondCommand read = decode_second(encode(command));
  EXPECT_EQ(read.action, command.action);
  EXPECT_EQ(read.tables, command.tables);
  EXPECT_EQ(read.until, command.until);
  EXPECT_EQ(read.list_lost, command.list_lost);

  const CompareSecond request =
      decode_compare(encode(CompareSecond{.table = "a", .parts = {3, 4'095}, .limit = 100}));
  EXPECT_EQ(request.table, "a");
  EXPECT_EQ(request.parts, (std::vector<std::uint32_t>{3, 4'095}));
  EXPECT_EQ(request.limit, 100U);

  const ComparedSecond compared{
      .stood_alike = true,
      .differing = {{.number = 3, .rows = 12}},
      .differences = 2,
      .first = {{.live = Row{Cell(std::string("x")), Cell(true), Cell{}}, .second = std::nullopt},
                {.live = Row{}, .second = Row{Cell(0.5), Cell(std::int64_t{-1})}}}};
  EXPECT_EQ(decode_compared(encode(compared)), compared);
}

TEST(ProcessMessages, what_ends_early_means_that_the_other_end_is_gone) {
  const std::string whole = encode(QueryRequest{.sql = "SELECT 1"});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW(decode_query(whole.substr(0, size)), Unavailable) << size;
  const std::string compared = encode(
      ComparedSecond{.differing = {{1, 2}}, .first = {{.live = Row{Cell(true)}, .second = Row{}}}});
  for (std::size_t size = 0; size < compared.size(); ++size)
    EXPECT_THROW(decode_compared(compared.substr(0, size)), Unavailable) << size;
}

// Any other value in a bool is undefined behaviour.
TEST(ProcessMessages, a_flag_is_true_for_every_byte_but_zero) {
  std::string payload = encode(Unavailable("away"));
  payload.back() = '\xe8';
  EXPECT_THROW(std::rethrow_exception(decode_unavailable(payload)), StorageFull);
  payload.back() = '\0';
  try {
    std::rethrow_exception(decode_unavailable(payload));
  } catch (const StorageFull&) {
    FAIL() << "not full";
  } catch (const Unavailable& unavailable) {
    EXPECT_STREQ(unavailable.what(), "away");
  }
}

}  // namespace
}  // namespace orderly::warehouse::process
