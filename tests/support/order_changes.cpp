#include "support/order_changes.hpp"

#include <fmt/format.h>

namespace orderly::testing {
namespace {

Uuid numbered_uuid(unsigned kind, Position position) {
  Uuid uuid;
  uuid.bytes[0] = static_cast<std::byte>(kind);
  for (unsigned i = 0; i < 8; ++i)
    uuid.bytes[8 + i] =
        static_cast<std::byte>(static_cast<std::uint64_t>(position) >> (56 - 8 * i));
  return uuid;
}

constexpr unsigned kEpochKind = 0xE0;
constexpr unsigned kEventKind = 0xE1;
constexpr unsigned kOrderKind = 0x0D;

}  // namespace

warehouse::Change order_change(Position position) {
  warehouse::Change change;
  change.position = position;
  change.event_id = numbered_uuid(kEventKind, position);
  change.accepted_at =
      UtcTime(std::chrono::seconds(1'600'000'000)) + std::chrono::milliseconds(position);
  auto& info = change.data.info;
  info.order_id = OrderId{numbered_uuid(kOrderKind, position).to_string()};
  info.customer_id = CustomerId{fmt::format("customer{:02}", position % 7)};
  info.product_id = ProductId{fmt::format("product{:05}", position % 3)};
  info.product_name = fmt::format("Produkt № {}", position % 3);
  info.number = 1 + position % 5;
  info.unit_price = 100 * (1 + position % 3);
  info.total_price = info.number * info.unit_price;
  info.order_date = Date{std::chrono::days(18'600 + position % 365)};
  return change;
}

warehouse::Change replacing_change(Position position, Position of, std::int64_t unit_price) {
  warehouse::Change change = order_change(of);
  const warehouse::Change own = order_change(position);
  change.position = own.position;
  change.event_id = own.event_id;
  change.accepted_at = own.accepted_at;
  change.data.info.unit_price = unit_price;
  change.data.info.total_price = unit_price * change.data.info.number;
  change.data.replaces = true;
  return change;
}

std::vector<warehouse::Change> order_changes(Position first, Position last) {
  std::vector<warehouse::Change> changes;
  for (Position position = first; position <= last; ++position)
    changes.push_back(order_change(position));
  return changes;
}

Cursor cursor_at(Position position) {
  if (position == 0) return {numbered_uuid(kEpochKind, 1), 0, {}};
  return {numbered_uuid(kEpochKind, 1), position, numbered_uuid(kEventKind, position)};
}

warehouse::Load order_load(const std::vector<warehouse::Change>& changes, const Cursor& from,
                           const Cursor& to) {
  warehouse::RowBatch rows(warehouse::order_information());
  for (const warehouse::Change& change : changes)
    warehouse::append_order(change, rows);
  return {warehouse::order_information().name, std::move(rows), from, to};
}

}  // namespace orderly::testing
