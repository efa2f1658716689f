#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "events/feed.hpp"
#include "events/orders.hpp"
#include "events/products.hpp"

/// Pages of a feed as they go over HTTP:
///
///     {"epoch":UUID,"head":3,"events":[{"position":1,"event_id":UUID,"accepted_at":RFC 3339,
///      "type":"order_create","traceparent":"00-…","data":{…}}]}
///
/// epoch and event_id are strings; traceparent is there only where the event has a trace.
namespace orderly::events {

template <class Event>
std::string encode_page(const FeedPage<Event>& page);

/// Members that are not known are ignored. kInvalid naming what is missing, of another type or out
/// of range, an event of another type, and positions that do not ascend.
template <class Event>
Result<FeedPage<Event>> parse_page(std::string_view json);

extern template std::string encode_page(const FeedPage<OrderPlaced>&);
extern template std::string encode_page(const FeedPage<ProductPut>&);
extern template std::string encode_page(const FeedPage<OrderInfoPut>&);
extern template Result<FeedPage<OrderPlaced>> parse_page(std::string_view);
extern template Result<FeedPage<ProductPut>> parse_page(std::string_view);
extern template Result<FeedPage<OrderInfoPut>> parse_page(std::string_view);

}  // namespace orderly::events
