#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/position.hpp"
#include "base/result.hpp"
#include "runtime/task.hpp"

/// How a reader whose position a source refuses finds where the two histories part.
namespace orderly::events {

/// The last of `places` (positions and event ids, ascending) at which `source` has the same event,
/// with the epoch that the source has now; position 0 where it has none of them.
///
/// An event's id is given once, in one log, behind everything that stood there before. So a source
/// with the same event at a place has the same history up to it, whatever epochs say; and where one
/// place is not shared, no later one is, which is why about log2(places) questions are enough.
///
/// `Source`: a Feed, or anything with its read() whose page has an epoch. Throws Unavailable.
template <class Source>
runtime::Task<Cursor> last_in_common(Source& source, std::vector<Cursor> places) {
  constexpr std::chrono::milliseconds kAtOnce{0};
  std::erase_if(places, [](const Cursor& place) {
    return place.position == 0 || place.event_id.is_nil();  // nothing that could be compared
  });
  std::size_t shared = 0;  // so many are
  std::size_t unknown = places.size();
  while (shared < unknown) {
    // The newest first: mostly the reader stands before the fork, and only the epoch is new.
    const bool first_question = unknown == places.size() && shared == 0;
    const std::size_t asked = first_question ? unknown - 1 : shared + (unknown - shared) / 2;
    const Cursor place{Uuid{}, places[asked].position, places[asked].event_id};
    const auto page = co_await source.read(place, 1, kAtOnce);
    if (page) {
      shared = asked + 1;
    } else if (page.error().kind == ErrorKind::kConflict) {
      unknown = asked;
    } else {
      throw Unavailable(page.error().message);
    }
  }
  const Cursor start;
  const auto now = co_await source.read(start, 1, kAtOnce);
  if (!now) throw Unavailable(now.error().message);
  if (shared == 0) co_return Cursor{now->epoch, 0, Uuid{}};
  co_return Cursor{now->epoch, places[shared - 1].position, places[shared - 1].event_id};
}

}  // namespace orderly::events
