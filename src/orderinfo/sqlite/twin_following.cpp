#include <algorithm>

#include "orderinfo/sqlite/columns.hpp"
#include "orderinfo/sqlite/sqlite_twin.hpp"
#include "sqlite/transaction.hpp"

/// How the twin follows what became of the orders in the live log.
namespace orderly::orderinfo {

Twin::Tail SqliteTwin::follow_log(std::size_t limit) {
  const sqlite::ReadTransaction snapshot(live_);
  const Stand live = live_stand();
  outdated_ = true;
  sqlite::WriteTransaction transaction(connection_);
  Tail tail{.to = std::min(live.log, stand_.log + static_cast<Position>(limit)), .ahead = {}};
  auto row = live_tail_.use(stand_.log, tail.to);
  while (row.step()) {
    const Position source = row.is_null(kOrderColumnCount) ? 0 : row.int64(kOrderColumnCount);
    const Position position = row.int64(kOrderColumnCount + 1);
    if (source > stand_.orders.position && source <= live.orders.position) {
      tail.to = position - 1;  // its event comes first
      break;
    }
    if (source > live.orders.position) {
      IncomingOrder order{
          .origin = Origin::kPush, .epoch = live.orders.epoch, .event = read_order(row, 0)};
      order.event.position = source;
      tail.ahead.push_back(std::move(order));
    } else {
      follow(row);
    }
  }
  live_.sync_log();
  transaction.commit();
  outdated_ = false;
  return tail;
}

void SqliteTwin::follow(const sqlite::Statement::Use& log) {
  const OrderId id = sqlite::read_id<OrderId>(log, 0);
  const LogPlace place = read_place(log, kOrderColumnCount + 1);
  const auto known = find(find_row_, id);
  if (known && known->position != place.position) move(*known, place);
  comparison_.judge_row_at(place.position, stand_);
}

void SqliteTwin::move(const Known& row, const LogPlace& to) {
  const auto moved = move_row_.run(row.position, to.position, to.event_id, to.projected_at,
                                   to.replaces ? 1 : 0, to.parked_at, to.first_projected_at);
  if (moved == 0) return;  // another order stands there: the live log has been tampered with
  unindex(row);
  index(row.event, to.position);
}

}  // namespace orderly::orderinfo
