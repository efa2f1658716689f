#include <algorithm>
#include <limits>

#include "events/feed_cursor.hpp"
#include "orderinfo/sqlite/columns.hpp"
#include "orderinfo/sqlite/reader.hpp"
#include "sqlite/transaction.hpp"

/// What the reader tells of dead letters, and of where an order is.
namespace orderly::orderinfo {
namespace {

using sqlite::Statement;
using sqlite::StoredId;

/// A letter has its whole message: a page has fewer of them than one of orders.
constexpr std::size_t kMaxLettersOfPage = 200;
constexpr std::size_t kMaxPageBytes = 4UL * 1024 * 1024;  ///< of messages; at least one letter
/// Of one order: a stranger may send many others under its id.
constexpr std::int64_t kMaxLettersOfOrder = 20;

constexpr int kChange = 11;  ///< column behind those of a letter
constexpr std::int64_t kRedriven = 1;

KeptDeadLetter read_letter(const Statement::Use& row) {
  KeptDeadLetter kept{.number = row.int64(0),
                      .kept_at = from_micros(row.int64(1)),
                      .attempts = row.int64(7),
                      .attempted_at = from_micros(row.int64(row.is_null(8) ? 1 : 8)),
                      .letter = {.key = std::string(row.text(2)),
                                 .order_id = {},
                                 .code = std::string(row.text(4)),
                                 .reason = std::string(row.text(5)),
                                 .message = std::string(row.text(6))}};
  if (!row.is_null(3)) kept.letter.order_id = sqlite::read_id<OrderId>(row, 3).value;
  if (!row.is_null(10)) {
    (row.int64(9) == kRedriven ? kept.redriven_at : kept.dropped_at) = from_micros(row.int64(10));
  }
  return kept;
}

events::Recorded<events::DeadLetterPut> change_of(const Statement::Use& row) {
  KeptDeadLetter kept = read_letter(row);
  const UtcTime at = kept.redriven_at.value_or(kept.dropped_at.value_or(kept.attempted_at));
  return {.position = row.int64(kChange),
          .event_id = row.uuid(kChange + 1),
          .accepted_at = at,
          .trace = {},
          .data = {.number = kept.number,
                   .kept_at = kept.kept_at,
                   .order_id = std::move(kept.letter.order_id),
                   .code = std::move(kept.letter.code),
                   .reason = std::move(kept.letter.reason),
                   .message = std::move(kept.letter.message),
                   .attempts = kept.attempts,
                   .attempted_at = kept.attempted_at,
                   .redriven_at = kept.redriven_at,
                   .dropped_at = kept.dropped_at}};
}

std::optional<UtcTime> read_time(const Statement::Use& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_micros(row.int64(column));
}

events::Recorded<events::OrderPlaced> read_placed(const Statement::Use& row) {
  auto order = read_order(row, 0);
  if (!row.is_null(kOrderColumnCount)) order.position = row.int64(kOrderColumnCount);
  return order;
}

}  // namespace

std::vector<KeptDeadLetter> Reader::dead_letters(const LetterQuery& query) {
  const OrderId order{query.order_id};
  const StoredId order_id(order);
  const auto bound = [](const std::optional<UtcTime>& time, std::int64_t otherwise) {
    return time ? to_micros(*time) : otherwise;
  };
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  auto row = dead_letters_.use(query.after, query.upto.value_or(kMax), query.code);
  if (!query.order_id.empty()) order_id.bind_to(row, 4);
  row.bind(5, bound(query.since, std::numeric_limits<std::int64_t>::min()));
  row.bind(6, bound(query.until, kMax)).bind(7, static_cast<std::int64_t>(query.limit));
  std::vector<KeptDeadLetter> letters;
  while (row.step())
    letters.push_back(read_letter(row));
  return letters;
}

std::optional<DeadLetterDetail> Reader::dead_letter(std::int64_t number) {
  const sqlite::ReadTransaction snapshot(connection_);
  DeadLetterDetail detail;
  {
    auto row = dead_letter_.use(number);
    if (!row.step()) return std::nullopt;
    detail.kept = read_letter(row);
  }
  auto row = letter_errors_.use(number);
  while (row.step()) {
    detail.errors.push_back({.attempt = row.int64(0),
                             .at = from_micros(row.int64(1)),
                             .code = std::string(row.text(2)),
                             .reason = std::string(row.text(3))});
  }
  detail.errors.push_back({.attempt = detail.kept.attempts,
                           .at = detail.kept.attempted_at,
                           .code = detail.kept.letter.code,
                           .reason = detail.kept.letter.reason});
  return detail;
}

Result<events::FeedPage<events::DeadLetterPut>> Reader::letter_changes(const Cursor& after,
                                                                       Position upto,
                                                                       std::size_t limit) {
  const sqlite::ReadTransaction snapshot(connection_);
  events::FeedPage<events::DeadLetterPut> page{.epoch = metadata_.epoch(), .head = 0, .events = {}};
  {
    auto row = last_letter_change_.use();
    if (row.step()) page.head = row.int64(0);
  }
  // A letter that changed again stands further on; whoever stood at its earlier change is right.
  std::optional<Uuid> there = after.event_id;
  {
    auto row = letter_change_at_.use(after.position);
    if (row.step()) there = row.uuid(0);
  }
  const auto here = events::check_cursor(
      after, {.epoch = page.epoch, .head = page.head, .event_at_cursor = there});
  if (!here) return std::unexpected(here.error());
  const auto most = static_cast<std::int64_t>(std::min(limit, kMaxLettersOfPage));
  std::size_t bytes = 0;
  auto row = letter_changes_.use(after.position, upto, most);
  while (row.step()) {
    auto change = change_of(row);
    bytes += change.data.message.size();
    if (bytes > kMaxPageBytes && !page.events.empty()) break;
    page.events.push_back(std::move(change));
  }
  return page;
}

OrderStations Reader::stations(const OrderId& order) {
  const sqlite::ReadTransaction snapshot(connection_);
  const StoredId id(order);
  OrderStations stations;
  stations.foreign = is_foreign(order);
  {
    auto row = row_stations_.use();
    id.bind_to(row, 1);
    if (row.step()) {
      stations.order = read_placed(row);
      stations.change = row.int64(kOrderColumnCount + 1);
      stations.projected_at = read_time(row, kOrderColumnCount + 2);
      stations.first_projected_at = read_time(row, kOrderColumnCount + 3);
      stations.parked_at = read_time(row, kOrderColumnCount + 4);
    }
  }
  if (!stations.order) {
    auto row = parked_stations_.use();
    id.bind_to(row, 1);
    if (row.step()) {
      stations.order = read_placed(row);
      stations.parked = true;
      stations.parked_at = read_time(row, kOrderColumnCount + 1);
    }
  }
  auto row = letters_of_.use();
  id.bind_to(row, 1);
  row.bind(2, kMaxLettersOfOrder);
  while (row.step())
    stations.dead_letters.push_back(read_letter(row));
  return stations;
}

}  // namespace orderly::orderinfo
