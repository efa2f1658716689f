#include <gtest/gtest.h>

#include "base/text.hpp"
#include "orderinfo/freshness.hpp"
#include "orderinfo/get_order.hpp"
#include "orderinfo/list_orders.hpp"
#include "unit/orderinfo/builders.hpp"

namespace orderly::orderinfo {
namespace {

using std::chrono::milliseconds;
using testing::at;

std::string field_at_fault(const Result<GetOrder>& query) {
  return query ? "" : query.error().field;
}
std::string field_at_fault(const Result<ListOrders>& query) {
  return query ? "" : query.error().field;
}

TEST(GetOrderQuery, IsRead) {
  EXPECT_EQ(parse_get_order(R"({"customer_id":"c1","order_id":"o1"})").value(),
            (GetOrder{{"c1"}, {"o1"}}));
}

TEST(GetOrderQuery, NamesWhatIsWrong) {
  EXPECT_EQ(field_at_fault(parse_get_order(R"({"order_id":"o1"})")), "customer_id");
  EXPECT_EQ(field_at_fault(parse_get_order(R"({"customer_id":"c1"})")), "order_id");
  EXPECT_EQ(field_at_fault(parse_get_order(R"({"customer_id":"","order_id":"o1"})")),
            "customer_id");
  EXPECT_EQ(field_at_fault(parse_get_order(R"({"customer_id":"c1","order_id":7})")), "order_id");
  EXPECT_EQ(field_at_fault(parse_get_order(R"({"customer_id":"c1","order_id":"o","x":1})")), "x");
}

TEST(ListOrdersQuery, TakesTheThreeFormsOfADate) {
  const auto query = parse_list_orders(R"({"customer_id":"c1","order_date":"2021/02"})").value();
  EXPECT_EQ(query.order_date, "2021/02") << "echoed as sent";
  EXPECT_EQ(query.dates, *parse_date_prefix("2021-02"));
  EXPECT_EQ(query.page_size, 1000);
  EXPECT_FALSE(query.after);
}

TEST(ListOrdersQuery, NamesWhatIsWrong) {
  const auto fault = [](const std::string& rest) {
    return field_at_fault(parse_list_orders(R"({"customer_id":"c1",)" + rest + "}"));
  };
  EXPECT_EQ(fault(R"("order_date":"2021-13")"), "order_date");
  EXPECT_EQ(fault(R"("order_date":2021)"), "order_date");
  EXPECT_EQ(fault(R"("page_size":1)"), "order_date");
  EXPECT_EQ(fault(R"("order_date":"2021","page_size":0)"), "page_size");
  EXPECT_EQ(fault(R"("order_date":"2021","page_size":1001)"), "page_size");
  EXPECT_EQ(fault(R"("order_date":"2021","page_token":"x")"), "page_token");
  EXPECT_EQ(fault(R"("order_date":"2021","page_token":"")"), "page_token");
}

class PageToken : public ::testing::Test {
 protected:
  static std::string body(const std::string& customer, const std::string& date,
                          const std::string& token) {
    return R"({"customer_id":")" + customer + R"(","order_date":")" + date + R"(","page_token":")" +
           token + R"("})";
  }

  const ListOrders query_ = *parse_list_orders(R"({"customer_id":"c1","order_date":"2021"})");
  const ListKey key_{*parse_date("2021-02-14"), at(7), 42};
  const std::string token_ = encode_page_token(query_, key_);
};

TEST_F(PageToken, LeadsBackToItsKey) {
  EXPECT_EQ(parse_list_orders(body("c1", "2021", token_)).value().after, key_);
}

TEST_F(PageToken, IsOfNoUseForAnotherQuery) {
  EXPECT_EQ(field_at_fault(parse_list_orders(body("c2", "2021", token_))), "page_token");
  EXPECT_EQ(field_at_fault(parse_list_orders(body("c1", "2021-02", token_))), "page_token");
}

TEST_F(PageToken, ThatIsBrokenIsRefused) {
  const std::string inside = *base64url_decode(token_);
  for (std::size_t size = 0; size < inside.size(); ++size) {
    const std::string cut = base64url_encode(inside.substr(0, size));
    EXPECT_EQ(field_at_fault(parse_list_orders(body("c1", "2021", cut))), "page_token") << size;
  }
  const std::string more = base64url_encode(inside + ".1");
  EXPECT_EQ(field_at_fault(parse_list_orders(body("c1", "2021", more))), "page_token");
}

TEST_F(PageToken, ThatPointsOutsideTheDatesIsRefused) {
  const std::string outside = encode_page_token(query_, {*parse_date("2022-01-01"), at(7), 42});
  EXPECT_EQ(field_at_fault(parse_list_orders(body("c1", "2021", outside))), "page_token");
}

TEST(ListOrdersAnswer, HasATokenOnlyWhereThereIsMore) {
  const ListOrders query = *parse_list_orders(R"({"customer_id":"c1","order_date":"2021"})");
  EXPECT_EQ(to_json(query, {}), R"({"order_date":"2021","orders":[]})");
  OrderPage page;
  page.orders.push_back(joined(testing::order_event(1).data, {"Web Camera", 100}));
  page.next = ListKey{*parse_date("2021-02-14"), at(7), 42};
  EXPECT_EQ(to_json(query, page),
            R"({"order_date":"2021","orders":[{"customer_id":"c1","number":2,)"
            R"("order_date":"2021-01-18","order_id":")" +
                page.orders[0].order_id.value +
                R"(","product_id":"p1","product_name":"Web Camera","total_price":200,)"
                R"("unit_price":100}],"next_page_token":")" +
                encode_page_token(query, *page.next) + R"("})");
}

TEST(Freshness, IsUnknownWhileTheHeadIs) {
  const Freshness freshness(nullptr);
  EXPECT_EQ(freshness.lag(0, at(1)), std::nullopt);
  EXPECT_EQ(freshness.head(), std::nullopt);
}

TEST(Freshness, IsTheTimeSinceTheFeedWasAskedAndHadNoMore) {
  Freshness freshness(nullptr);
  freshness.observe(5, at(10));
  EXPECT_EQ(freshness.lag(5, at(11)), milliseconds(1000));
  EXPECT_EQ(freshness.lag(4, at(12)), milliseconds(2000)) << "it was complete before";
}

TEST(Freshness, IsUnknownWhereNothingIsKnownToBeComplete) {
  Freshness freshness(nullptr);
  freshness.observe(5, at(10));
  EXPECT_EQ(freshness.lag(4, at(11)), std::nullopt);
  freshness.settled_up_to(at(3));
  EXPECT_EQ(freshness.lag(4, at(11)), milliseconds(8000));
}

TEST(Freshness, IsZeroWhileTheFeedWouldTellOfMore) {
  Freshness freshness(nullptr);
  freshness.observe(5, at(10));
  freshness.set_following(true);
  EXPECT_EQ(freshness.lag(5, at(30)), milliseconds(0));
  freshness.set_following(false);
  EXPECT_EQ(freshness.lag(5, at(31)), milliseconds(1000));
}

TEST(Freshness, IsMeasuredFromTheHeadOfNowWhereThatIsKnown) {
  Position head = 5;
  Freshness freshness([&] { return head; });
  EXPECT_EQ(freshness.lag(5, at(30)), milliseconds(0));
  head = 6;
  EXPECT_EQ(freshness.lag(5, at(32)), milliseconds(2000));
}

TEST(Freshness, IsNeverNegative) {
  Freshness freshness(nullptr);
  freshness.observe(5, at(10));
  EXPECT_EQ(freshness.lag(5, at(9)), milliseconds(0)) << "the clock was set back";
}

}  // namespace
}  // namespace orderly::orderinfo
