#include "events/fork.hpp"

#include <gtest/gtest.h>

#include "events/feed.hpp"
#include "events/products.hpp"
#include "support/await_here.hpp"

namespace orderly::events {
namespace {

Uuid uuid(std::uint8_t kind, Position number) {
  Uuid id;
  id.bytes[0] = std::byte{kind};
  for (std::size_t i = 0; i < 4; ++i)
    id.bytes[15 - i] = static_cast<std::byte>(number >> (8 * i));
  return id;
}

constexpr std::uint8_t kOld = 1;
constexpr std::uint8_t kNew = 2;

/// A feed whose events up to `fork` are those of the old history, and new ones up to its head.
struct ForkedFeed {
  Position fork = 0;
  Position head = 0;
  int reads = 0;

  struct Page {
    Uuid epoch;
  };
  runtime::Task<Result<Page>> read(Cursor after, std::size_t, std::chrono::milliseconds) {
    ++reads;
    const std::uint8_t history = after.position <= fork ? kOld : kNew;
    const bool is_there =
        after.position <= head &&
        (after.event_id.is_nil() || after.event_id == uuid(history, after.position));
    if (!is_there) co_return failure(ErrorKind::kConflict, "position_conflict", "another event");
    co_return Page{uuid(9, 9)};
  }
};

std::vector<Cursor> places(std::initializer_list<Position> positions) {
  std::vector<Cursor> made;
  for (const Position position : positions)
    made.push_back({uuid(8, 8), position, uuid(kOld, position)});
  return made;
}

TEST(LastInCommon, given_only_a_new_epoch_then_it_is_where_the_reader_stands) {
  ForkedFeed feed{.fork = 50, .head = 60};
  const Cursor found = testing::await_here(last_in_common(feed, places({10, 20, 40})));
  EXPECT_EQ(found, (Cursor{uuid(9, 9), 40, uuid(kOld, 40)}));
  EXPECT_EQ(feed.reads, 2) << "the reader's own place, and the epoch";
}

TEST(LastInCommon, given_a_fork_then_it_is_the_last_place_before_it) {
  for (const Position fork : {0, 9, 10, 15, 39, 40, 41}) {
    for (const Position head : {fork, Position{100}}) {
      ForkedFeed feed{.fork = fork, .head = head};
      const Cursor found = testing::await_here(last_in_common(feed, places({10, 20, 30, 40, 50})));
      EXPECT_EQ(found.position, fork / 10 * 10) << fork << " " << head;
      EXPECT_EQ(found.epoch, uuid(9, 9));
    }
  }
}

TEST(LastInCommon, given_nothing_to_compare_then_it_is_the_beginning) {
  ForkedFeed feed{.fork = 50, .head = 60};
  EXPECT_EQ(testing::await_here(last_in_common(feed, {})), (Cursor{uuid(9, 9), 0, Uuid{}}));
  const std::vector<Cursor> nameless{{uuid(8, 8), 7, Uuid{}}};
  EXPECT_EQ(testing::await_here(last_in_common(feed, nameless)).position, 0);
}

TEST(LastInCommon, given_many_places_then_few_questions_are_asked) {
  std::vector<Cursor> many;
  for (Position position = 1; position <= 1000; ++position)
    many.push_back({uuid(8, 8), position, uuid(kOld, position)});
  ForkedFeed feed{.fork = 123, .head = 2000};
  EXPECT_EQ(testing::await_here(last_in_common(feed, many)).position, 123);
  EXPECT_LE(feed.reads, 13);
}

}  // namespace
}  // namespace orderly::events
