#include "events/feed_cursor.hpp"

#include <gtest/gtest.h>

namespace orderly::events {
namespace {

Uuid id(std::uint8_t n) {
  Uuid uuid;
  uuid.bytes.fill(std::byte{n});
  return uuid;
}

const LogState kLog{.epoch = id(1), .head = 5, .event_at_cursor = id(50)};

TEST(CheckCursor, TakesAReaderOfThisHistory) {
  EXPECT_TRUE(check_cursor({}, kLog));
  EXPECT_TRUE(check_cursor({.epoch = id(1), .position = 5, .event_id = id(50)}, kLog));
  EXPECT_TRUE(check_cursor({.epoch = id(1), .position = 0, .event_id = {}}, kLog));
}

TEST(CheckCursor, DoesNotCompareWhatTheReaderDoesNotKnow) {
  EXPECT_TRUE(check_cursor({.epoch = {}, .position = 5, .event_id = id(50)}, kLog));
  EXPECT_TRUE(check_cursor({.epoch = id(1), .position = 5, .event_id = {}}, kLog));
}

TEST(CheckCursor, RefusesAnotherHistory) {
  const Cursor others[] = {{.epoch = id(2), .position = 0, .event_id = {}},
                           {.epoch = id(1), .position = 6, .event_id = {}},
                           {.epoch = {}, .position = 5, .event_id = id(51)}};
  for (const auto& cursor : others) {
    const auto refused = check_cursor(cursor, kLog);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::kConflict);
    EXPECT_EQ(refused.error().code, kPositionConflict);
  }
}

TEST(CheckCursor, RefusesAReaderOfAnEventThatIsGone) {
  EXPECT_FALSE(check_cursor({.epoch = id(1), .position = 5, .event_id = id(50)},
                            {.epoch = id(1), .head = 5, .event_at_cursor = std::nullopt}));
}

}  // namespace
}  // namespace orderly::events
