#include <string>

#include "events/consistency_token.hpp"
#include "events/feed_json.hpp"
#include "events/message.hpp"
#include "events/orders.hpp"
#include "events/products.hpp"
#include "fuzz/target.hpp"
#include "orderinfo/list_orders.hpp"

namespace orderly::fuzz {
namespace {

void push_envelopes(std::string_view input) {
  const auto push = events::parse_push(input);
  if (!push) {
    expect(!push.error().message.empty(), "a refusal says why");
    return;
  }
  const auto again = events::parse_push(events::encode_push(*push));
  expect(again.has_value(), "an envelope can be sent on");
  expect(again->message == push->message, "with the same message");
  const auto order = events::parse_order_message(push->message);
  if (!order) return;
  std::string data;
  events::append_json(data, order->event.data);
  expect(events::parse_order_placed(data) == order->event.data, "an order survives");
}

template <class Event>
void page_of(std::string_view input) {
  const auto page = events::parse_page<Event>(input);
  if (!page) return;
  const auto again = events::parse_page<Event>(events::encode_page(*page));
  expect(again && again->events.size() == page->events.size(), "a page survives");
}

void feed_pages(std::string_view input) {
  page_of<events::OrderPlaced>(input);
  page_of<events::ProductPut>(input);
  page_of<events::OrderInfoPut>(input);
}

void tokens(std::string_view input) {
  if (const auto token = events::parse_token(input)) {
    expect(events::parse_token(events::encode_token(*token)) == *token, "a token survives");
  }
}

/// A body of orderinfo/list; its page token is the parser behind the parser.
void order_lists(std::string_view input) {
  const auto query = orderinfo::parse_list_orders(input);
  if (!query) {
    const auto& error = query.error();
    expect(!error.field.empty() || error.code == "malformed_json" || error.code == "too_deep" ||
               error.code == "too_many_fields" || has_nameless_field(input),
           "a refusal names the field");
    return;
  }
  expect(query->page_size >= 1 && query->page_size <= orderinfo::kMaxOrdersPage,
         "pages are bounded");
  if (!query->after) return;
  const auto& date = query->after->order_date;
  expect(query->dates.first <= date && date <= query->dates.last, "a page goes on within its list");
}

const Registered kPush("push_envelopes", push_envelopes);
const Registered kPages("feed_pages", feed_pages);
const Registered kTokens("consistency_tokens", tokens);
const Registered kLists("order_lists", order_lists);

}  // namespace
}  // namespace orderly::fuzz
