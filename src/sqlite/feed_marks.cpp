#include "sqlite/feed_marks.hpp"

namespace orderly::sqlite {

std::vector<std::int64_t> superfluous_marks(std::int64_t newest) {
  std::vector<std::int64_t> gone;
  for (std::int64_t spacing = 1; newest > kNewestMarks * spacing; spacing *= 2) {
    const std::int64_t number = newest - kNewestMarks * spacing;
    const bool is_of_this_spacing = number % spacing == 0 && number % (2 * spacing) != 0;
    if (is_of_this_spacing) gone.push_back(number);
  }
  return gone;
}

FeedMarks::FeedMarks(Connection& connection)
    : last_(connection.prepare(
          "SELECT number FROM feed_mark WHERE feed = ?1 ORDER BY number DESC LIMIT 1")),
      insert_(connection.prepare("INSERT INTO feed_mark VALUES(?1, ?2, ?3, ?4)")),
      remove_(connection.prepare("DELETE FROM feed_mark WHERE feed = ?1 AND number = ?2")),
      select_(connection.prepare(
          "SELECT position, event_id FROM feed_mark WHERE feed = ?1 ORDER BY number")),
      cut_(connection.prepare("DELETE FROM feed_mark WHERE feed = ?1 AND position > ?2")) {}

std::int64_t FeedMarks::newest(Statement::Use row) { return row.step() ? row.int64(0) : 0; }

std::vector<Cursor> FeedMarks::read(Statement::Use row) {
  std::vector<Cursor> places;
  while (row.step())
    places.push_back({.epoch = {}, .position = row.int64(0), .event_id = row.uuid(1)});
  return places;
}

}  // namespace orderly::sqlite
