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

TEST(ProcessMessages, what_ends_early_means_that_the_other_end_is_gone) {
  const std::string whole = encode(QueryRequest{.sql = "SELECT 1"});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THROW(decode_query(whole.substr(0, size)), Unavailable) << size;
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
