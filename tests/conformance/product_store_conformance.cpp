#include "conformance/product_store_conformance.hpp"

#include <gmock/gmock.h>

#include <chrono>

#include "events/feed_cursor.hpp"

namespace orderly::product::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

/// What a feed must be like whatever happened before.
void expect_sound(const events::FeedPage<events::ProductPut>& page) {
  EXPECT_EQ(page.head, static_cast<Position>(page.events.size()));
  for (std::size_t i = 0; i < page.events.size(); ++i) {
    EXPECT_EQ(page.events[i].position, static_cast<Position>(i + 1));
    if (i > 0) {
      EXPECT_GT(page.events[i].accepted_at, page.events[i - 1].accepted_at);
    }
  }
}

TEST_P(ProductStoreConformance, AProductIsMadeAndThenUpdatedByNewVersions) {
  EXPECT_FALSE(world_->store().get({"p1"}));
  const auto first = put(new_version("p1", 500, "Gaming Display"));
  EXPECT_EQ(first.position, 1);
  EXPECT_EQ(first.valid_from, now());
  EXPECT_FALSE(first.replayed);
  EXPECT_EQ(world_->store().get({"p1"}), first.product);
  const auto second = put(new_version("p1", 450, "Gaming Display II"));
  EXPECT_EQ(world_->store().get({"p1"}), second.product);
  EXPECT_EQ(second.product.unit_price, 450);
  const auto page = feed();
  ASSERT_THAT(page.events, SizeIs(2));
  EXPECT_EQ(page.epoch, first.epoch);
  EXPECT_EQ(page.events[0].data, first.product);
  EXPECT_EQ(page.events[0].accepted_at, first.valid_from);
  EXPECT_EQ(page.events[1].data, second.product);
  expect_sound(page);
}

TEST_P(ProductStoreConformance, AnEventCarriesItsTrace) {
  SeededRandom random(7);
  auto traced = new_version("p1", 1);
  traced.trace = TraceContext::start(random);
  const auto trace = traced.trace;
  put(std::move(traced));
  put(new_version("p1", 2));
  EXPECT_EQ(feed().events[0].trace, trace);
  EXPECT_TRUE(feed().events[1].trace.empty());
}

TEST_P(ProductStoreConformance, WhatWasAnsweredIsThereAfterACrash) {
  const auto first = put(new_version("p1", 500));
  world_->crash();
  EXPECT_EQ(world_->store().get({"p1"}), first.product);
  const auto second = put(new_version("p1", 400));
  world_->restart();
  EXPECT_EQ(world_->store().get({"p1"}), second.product);
  EXPECT_EQ(feed().epoch, first.epoch);
  expect_sound(feed());
}

TEST_P(ProductStoreConformance, AKeyGivesTheFirstAnswerAgainAndNoNewVersion) {
  const auto first = put(keyed_version("key", "p1", 500));
  put(new_version("p1", 400));
  world_->crash();
  auto again = put(keyed_version("key", "p1", 500));
  EXPECT_TRUE(again.replayed);
  again.replayed = false;
  EXPECT_EQ(again, first);
  EXPECT_EQ(world_->store().get({"p1"})->unit_price, 400);
  const auto reused = try_put(keyed_version("key", "p1", 600));
  ASSERT_FALSE(reused);
  EXPECT_EQ(reused.error().kind, ErrorKind::kIdempotencyKeyReused);
  EXPECT_THAT(feed().events, SizeIs(2));
}

TEST_P(ProductStoreConformance, AReaderOfAnotherHistoryGetsAConflict) {
  put(new_version("p1", 500));
  const auto here = events::cursor_after(feed());
  EXPECT_TRUE(world_->store().read_events(here, 1));
  auto other_epoch = here;
  other_epoch.epoch.bytes[0] ^= std::byte{1};
  auto beyond = here;
  beyond.position = 2;
  auto other_event = here;
  other_event.event_id.bytes[0] ^= std::byte{1};
  for (const auto& cursor : {other_epoch, beyond, other_event}) {
    const auto refused = world_->store().read_events(cursor, 1);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, events::kPositionConflict);
  }
}

TEST_P(ProductStoreConformance, ACommitWakesReaders) {
  events::LocalFeed<events::ProductPut> local(world_->loop(), world_->store());
  const auto reading = orderly::testing::start(world_->loop(), local.read({}, 10, 30s));
  EXPECT_FALSE(world_->run_until([&] { return reading->value.has_value(); }, 10ms));
  put(new_version("p1", 500));
  EXPECT_TRUE(world_->run_until([&] { return reading->value.has_value(); }, 1s));
  EXPECT_THAT(reading->get()->events, SizeIs(1));
}

TEST_P(ProductStoreConformance, AListHasEachProductOnceWithItsNewestVersion) {
  EXPECT_THAT(world_->store().list({}).products, IsEmpty());
  put(new_version("b", 1));
  put(new_version("a", 2));
  const auto newest = put(new_version("b", 3));
  put(new_version("0193e2a0-7b00-7c00-8000-0123456789ab", 4));
  const auto page = world_->store().list({});
  EXPECT_THAT(page.products, SizeIs(3));
  EXPECT_THAT(page.products, ::testing::Contains(newest.product));
  EXPECT_FALSE(page.next_after);
}

TEST_P(ProductStoreConformance, AListGoesPageByPageAndEndsExactly) {
  std::vector<std::string> expected;
  for (int i = 0; i < 6; ++i) {
    expected.push_back("p" + std::to_string(i));
    put(new_version(expected.back(), i));
  }
  put(new_version("0193e2a0-7b00-7c00-8000-0123456789ab", 4));
  expected.emplace_back("0193e2a0-7b00-7c00-8000-0123456789ab");
  for (const std::size_t page_size : {1U, 2U, 3U, 7U, 100U}) {
    EXPECT_THAT(list({.text = "", .page_size = page_size, .after = std::nullopt}),
                ::testing::UnorderedElementsAreArray(expected));
  }
  EXPECT_FALSE(world_->store().list({.page_size = 7, .after = std::nullopt}).next_after);
  EXPECT_TRUE(world_->store().list({.page_size = 6, .after = std::nullopt}).next_after);
}

TEST_P(ProductStoreConformance, AListIsSearchedByPartOfIdOrNameInEitherCase) {
  put(new_version("display-1", 1, "Gaming Display"));
  put(new_version("cam", 2, "Web Camera"));
  put(new_version("x", 3, "50%_off"));
  EXPECT_THAT(list({.text = "DISPLAY", .after = std::nullopt}), ElementsAre("display-1"));
  EXPECT_THAT(list({.text = "ca", .after = std::nullopt}), ElementsAre("cam"));
  EXPECT_THAT(list({.text = "am", .after = std::nullopt}),
              UnorderedElementsAre("display-1", "cam"));
  EXPECT_THAT(list({.text = "%_", .after = std::nullopt}), ElementsAre("x"));
  EXPECT_THAT(list({.text = "nothing", .after = std::nullopt}), IsEmpty());
  // The page is full and no further product matches: it is the last one.
  EXPECT_FALSE(
      world_->store().list({.text = "cam", .page_size = 1, .after = std::nullopt}).next_after);
}

// Closing time.

TEST_P(ProductStoreConformance, AClosedTimeAnswersWithTheNewestPosition) {
  EXPECT_EQ(close(now()).position, 0);
  const auto put_now = put(new_version("p1", 500));
  const auto closed = close(now());
  EXPECT_EQ(closed.position, 1);
  EXPECT_EQ(closed.epoch, put_now.epoch);
}

TEST_P(ProductStoreConformance, AVersionPutInTheClosedInstantComesAfterIt) {
  const UtcTime time = now();
  close(time);
  EXPECT_GT(put(new_version("p1", 500)).valid_from, time);
}

TEST_P(ProductStoreConformance, AVersionBehindAClosedTimeIsAnsweredOnceInForce) {
  const UtcTime ahead = now() + 3s;
  close(ahead);
  const auto outcome = put(new_version("p1", 500));
  EXPECT_GT(outcome.valid_from, ahead);
  EXPECT_GE(now(), outcome.valid_from);
}

TEST_P(ProductStoreConformance, ThePromiseOutlivesACrashAndAClockSetBack) {
  const UtcTime time = now();
  close(time);
  world_->crash();
  world_->set_clock(-5s);
  const auto outcome = put(new_version("p1", 500));
  EXPECT_GT(outcome.valid_from, time);
  EXPECT_GE(now(), outcome.valid_from);
}

TEST_P(ProductStoreConformance, ATimeFarAheadOfTheClockIsNotClosed) {
  EXPECT_TRUE(try_close(now() + kMaxClockSkew));
  const auto refused = try_close(now() + kMaxClockSkew + 1us);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(refused.error().code, "clock_skew");
}

TEST_P(ProductStoreConformance, ATimeIsClosedAtOnceWhereNothingHasToBeWritten) {
  EXPECT_FALSE(close_at_once(now()));  // how far the versions go is not known yet
  const auto first = put(new_version("p1", 500));
  const auto on_loop = close(now());
  const auto at_once = close_at_once(now());
  ASSERT_TRUE(at_once);
  EXPECT_EQ(*at_once, on_loop);
  EXPECT_EQ(at_once->position, first.position);
  EXPECT_FALSE(close_at_once(now() + 2 * kClosedTimeLease));  // not leased yet
}

TEST_P(ProductStoreConformance, AVersionPutInAnInstantClosedAtOnceComesAfterIt) {
  const UtcTime time = now();
  close(time);
  const UtcTime later = time + kClosedTimeLease / 2;
  ASSERT_TRUE(close_at_once(later));
  EXPECT_GT(put(new_version("p1", 500)).valid_from, later);
}

TEST_P(ProductStoreConformance, WhatWasClosedAtOnceOutlivesACrash) {
  const UtcTime time = now();
  close(time);
  const UtcTime later = time + kClosedTimeLease / 2;
  ASSERT_TRUE(close_at_once(later));
  world_->crash();
  EXPECT_GT(put(new_version("p1", 500)).valid_from, later);
}

TEST_P(ProductStoreConformance, ATimeFarAheadOfTheClockIsNotClosedAtOnce) {
  close(now() + kMaxClockSkew);
  EXPECT_FALSE(close_at_once(now() + kMaxClockSkew + 100ms));
}

TEST_P(ProductStoreConformance, APriceIsNotPutWhileTheClockIsFarBack) {
  put(new_version("p1", 500));
  world_->set_clock(-1h);
  const auto refused = try_put(new_version("p1", 400));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(refused.error().code, "clock_set_back");
  EXPECT_THAT(feed().events, SizeIs(1));
  world_->set_clock(1h);
  EXPECT_TRUE(try_put(new_version("p1", 400)));
}

}  // namespace
}  // namespace orderly::product::testing
