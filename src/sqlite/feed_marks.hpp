#pragma once

#include <cstdint>
#include <vector>

#include "base/position.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/statement.hpp"

namespace orderly::sqlite {

/// Marks of a feed that are all kept; of older ones every other, of still older ones every fourth,
/// and so on: some hundreds more for each doubling, never more than a batch away from the newest.
inline constexpr std::int64_t kNewestMarks = 256;

/// Which marks go when the mark number `newest` (1, 2, 3, …) comes.
std::vector<std::int64_t> superfluous_marks(std::int64_t newest);

/// Where a reader has stood in the feeds that it follows: places of which it knows the event.
/// Whether a source has the same event at a place tells whether it has the same history up to
/// there; so where two histories part, they are found by asking for a few of these.
///
/// The table, made by a migration of the store's own, which also puts what it has settled before:
///
///     CREATE TABLE feed_mark(feed ANY NOT NULL, number INTEGER NOT NULL, position INTEGER NOT
///     NULL,
///       event_id BLOB NOT NULL, PRIMARY KEY(feed, number)) STRICT, WITHOUT ROWID;
///
/// Every function belongs to the connection's current transaction where there is one. The
/// connection's thread.
class FeedMarks {
 public:
  explicit FeedMarks(Connection& connection);

  /// `feed` is a text or a number. Places come in ascending order; one without an event is passed
  /// over.
  template <class Feed>
  void add(const Feed& feed, const Cursor& place) {
    if (place.position == 0 || place.event_id.is_nil()) return;
    const std::int64_t number = newest(last_.use(feed)) + 1;
    insert_.run(feed, number, place.position, place.event_id);
    for (const std::int64_t gone : superfluous_marks(number))
      remove_.run(feed, gone);
  }
  /// In ascending order; their epochs are nil, since an event's id tells its history.
  template <class Feed>
  std::vector<Cursor> of(const Feed& feed) {
    return read(select_.use(feed));
  }
  /// Forgets all places after `position`.
  template <class Feed>
  void cut(const Feed& feed, Position position) {
    cut_.run(feed, position);
  }

 private:
  static std::int64_t newest(Statement::Use row);
  static std::vector<Cursor> read(Statement::Use row);

  Statement last_, insert_, remove_, select_, cut_;
};

}  // namespace orderly::sqlite
