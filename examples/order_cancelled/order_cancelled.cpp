#include "order_cancelled.hpp"

#include "events/define_event.hpp"

namespace cancellation {

void append_json(std::string& out, const OrderCancelled& event) {
  orderly::json::Writer(out)
      .begin_object()
      .member("order_id", event.order_id.value)
      .member("reason", event.reason)
      .end_object();
}

orderly::events::Message to_message(const orderly::Uuid& epoch,
                                    const orderly::events::Recorded<OrderCancelled>& event) {
  return orderly::events::make_message(epoch, event, event.data.order_id.value);
}

}  // namespace cancellation

namespace orderly::events {

using cancellation::OrderCancelled;

template <>
Result<OrderCancelled> read_event(const json::Value& data) {
  MemberReader members(data);
  OrderCancelled event;
  event.order_id = members.id<OrderId>("order_id");
  event.reason = members.text("reason", cancellation::kMaxReasonBytes);
  if (auto read = members.finish(); !read) return std::unexpected(std::move(read.error()));
  return event;
}

template std::string encode_page(const FeedPage<OrderCancelled>&);
template Result<FeedPage<OrderCancelled>> parse_page(std::string_view);
template runtime::Task<http::Response> serve_page(runtime::EventLoop&,
                                                  const EventLog<OrderCancelled>&, FeedWaiters&,
                                                  const http::Request&);

}  // namespace orderly::events
