#include "orderinfo/sqlite/columns.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace orderly::orderinfo {

StoredTrace::StoredTrace(const TraceContext& trace) : empty_(trace.empty()) {
  auto* out = std::ranges::copy(trace.trace_id, bytes_.begin()).out;
  out = std::ranges::copy(trace.span_id, out).out;
  *out = trace.flags;
}

void StoredTrace::bind_to(sqlite::Statement::Use& use, int index) const {
  if (empty_) {
    use.bind(index, nullptr);
  } else {
    use.bind(index, std::span<const std::byte>(bytes_));
  }
}

TraceContext read_trace(const sqlite::Statement::Use& row, int column) {
  TraceContext trace;
  if (row.is_null(column)) return trace;
  const auto bytes = row.blob(column);
  ORDERLY_CHECK(bytes.size() == 25, "a stored trace has 25 bytes");
  std::ranges::copy(bytes.subspan(0, 16), trace.trace_id.begin());
  std::ranges::copy(bytes.subspan(16, 8), trace.span_id.begin());
  trace.flags = bytes[24];
  return trace;
}

StoredOrder::StoredOrder(const events::Recorded<events::OrderPlaced>& event)
    : event_(event),
      order_id_(event.data.order_id),
      customer_id_(event.data.customer_id),
      product_id_(event.data.product_id),
      trace_(event.trace) {}

void StoredOrder::bind_to(sqlite::Statement::Use& use, int first) const {
  order_id_.bind_to(use, first);
  customer_id_.bind_to(use, first + 1);
  product_id_.bind_to(use, first + 2);
  use.bind(first + 3, event_.data.number);
  use.bind(first + 4, to_days(event_.data.order_date));
  use.bind(first + 5, to_micros(event_.accepted_at));
  use.bind(first + 6, event_.event_id);
  trace_.bind_to(use, first + 7);
}

events::Recorded<events::OrderPlaced> read_order(const sqlite::Statement::Use& row, int first) {
  return {.position = 0,
          .event_id = row.uuid(first + 6),
          .accepted_at = from_micros(row.int64(first + 5)),
          .trace = read_trace(row, first + 7),
          .data = {.order_id = sqlite::read_id<OrderId>(row, first),
                   .customer_id = sqlite::read_id<CustomerId>(row, first + 1),
                   .product_id = sqlite::read_id<ProductId>(row, first + 2),
                   .number = row.int64(first + 3),
                   .order_date = from_days(row.int64(first + 4))}};
}

IncomingOrder read_parked(const sqlite::Statement::Use& row) {
  IncomingOrder order{.origin = static_cast<Origin>(row.int64(kOrderColumnCount + 2)),
                      .epoch = {},
                      .event = read_order(row, 0)};
  if (!row.is_null(kOrderColumnCount)) order.event.position = row.int64(kOrderColumnCount);
  if (!row.is_null(kOrderColumnCount + 1)) order.epoch = row.uuid(kOrderColumnCount + 1);
  return order;
}

events::Recorded<events::ProductPut> read_version(const sqlite::Statement::Use& row) {
  return {.position = row.int64(0),
          .event_id = row.uuid(5),
          .accepted_at = from_micros(row.int64(4)),
          .trace = read_trace(row, 6),
          .data = {.product_id = sqlite::read_id<ProductId>(row, 1),
                   .product_name = std::string(row.text(2)),
                   .unit_price = row.int64(3)}};
}

}  // namespace orderly::orderinfo
