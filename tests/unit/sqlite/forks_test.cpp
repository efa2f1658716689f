#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "sqlite/connection.hpp"
#include "sqlite/epoch_history.hpp"
#include "sqlite/feed_marks.hpp"
#include "sqlite/metadata.hpp"
#include "unit/sqlite/scratch_database.hpp"

namespace orderly::sqlite {
namespace {

TEST(SuperfluousMarks, keep_the_newest_and_ever_sparser_older_ones) {
  constexpr std::int64_t kMarks = 20'000;
  std::set<std::int64_t> kept;
  for (std::int64_t number = 1; number <= kMarks; ++number) {
    kept.insert(number);
    for (const auto gone : superfluous_marks(number))
      EXPECT_EQ(kept.erase(gone), 1U) << "each goes once";
  }
  EXPECT_LT(kept.size(), 2'500U);
  std::int64_t last = 0;
  for (const auto number : kept) {
    const auto age = kMarks - last;
    if (last > 0) EXPECT_LE(number - last, std::max<std::int64_t>(1, age / kNewestMarks * 2));
    last = number;
  }
  for (auto number = kMarks - kNewestMarks + 1; number <= kMarks; ++number)
    EXPECT_TRUE(kept.contains(number));
}

Uuid uuid(std::uint8_t number) {
  Uuid id;
  id.bytes[15] = std::byte{number};
  return id;
}

class EpochHistoryTest : public ScratchDatabase {};

TEST_F(EpochHistoryTest, tells_where_an_earlier_epoch_parts_from_the_present_one) {
  Connection connection(options());
  create_metadata(connection, uuid(1));
  connection.exec(std::string(EpochHistory::kSchema));
  EpochHistory history(connection);
  EXPECT_EQ(history.fork_of(uuid(1)), std::nullopt) << "the present one";
  history.begin(uuid(2), 100, UtcTime{});
  EXPECT_EQ(Metadata(connection).epoch(), uuid(2));
  EXPECT_EQ(history.fork_of(uuid(1)), 100);
  history.begin(uuid(3), 70, UtcTime{});
  EXPECT_EQ(history.fork_of(uuid(1)), 70) << "the later fork lies before the earlier one";
  EXPECT_EQ(history.fork_of(uuid(2)), 70);
  history.begin(uuid(4), 200, UtcTime{});
  EXPECT_EQ(history.fork_of(uuid(1)), 70);
  EXPECT_EQ(history.fork_of(uuid(3)), 200);
  EXPECT_EQ(history.fork_of(uuid(4)), std::nullopt);
  EXPECT_EQ(history.fork_of(uuid(9)), std::nullopt) << "never one of this log";
}

}  // namespace
}  // namespace orderly::sqlite
