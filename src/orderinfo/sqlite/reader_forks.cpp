#include "orderinfo/sqlite/columns.hpp"
#include "orderinfo/sqlite/reader.hpp"

/// What is kept for the case that a feed has another history, read.
namespace orderly::orderinfo {

std::vector<Cursor> Reader::places(SourceFeed feed) {
  return marks_.of(feed == SourceFeed::kOrders ? kOrderFeed : kProductFeed);
}

std::vector<Cursor> Reader::ahead(Position upto) {
  std::vector<Cursor> places;
  for (auto row = ahead_.use(upto); row.step();)
    places.push_back({.epoch = {}, .position = row.int64(0), .event_id = row.uuid(1)});
  return places;
}

std::vector<TakenOutOrder> Reader::taken_out_orders(std::int64_t after, std::size_t limit) {
  std::vector<TakenOutOrder> orders;
  auto row = taken_out_orders_.use(after, static_cast<std::int64_t>(limit));
  while (row.step()) {
    TakenOutOrder& order = orders.emplace_back();
    order.event = read_order(row, 0);
    order.number = row.int64(kOrderColumnCount);
    order.epoch = row.uuid(kOrderColumnCount + 1);
    order.event.position = row.int64(kOrderColumnCount + 2);
    if (!row.is_null(kOrderColumnCount + 3)) {
      order.price =
          Price{std::string(row.text(kOrderColumnCount + 3)), row.int64(kOrderColumnCount + 4)};
    }
    order.taken_out_at = from_micros(row.int64(kOrderColumnCount + 5));
  }
  return orders;
}

std::vector<TakenOutVersion> Reader::taken_out_versions(std::int64_t after, std::size_t limit) {
  std::vector<TakenOutVersion> versions;
  auto row = taken_out_versions_.use(after, static_cast<std::int64_t>(limit));
  while (row.step()) {
    versions.push_back({.number = row.int64(7),
                        .taken_out_at = from_micros(row.int64(8)),
                        .epoch = row.uuid(9),
                        .event = read_version(row)});
  }
  return versions;
}

}  // namespace orderly::orderinfo
