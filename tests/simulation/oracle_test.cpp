#include "simulation/oracle.hpp"

#include <gtest/gtest.h>

namespace orderly::simulation {
namespace {

using namespace std::chrono_literals;

const Date kDay{std::chrono::year{2026} / 3 / 1};

events::OrderPlaced order(const std::string& id) { return {{id}, {"c-" + id}, {"p"}, 2, kDay}; }

Uuid event_id(unsigned char n) {
  Uuid id;
  id.bytes[15] = std::byte{n};
  return id;
}

/// Two versions of a product, and an order accepted in between.
class OracleTest : public ::testing::Test {
 protected:
  OracleTest() {
    const UtcTime start{kDay};
    evidence_.products = {{1, event_id(1), start + 1s, {}, {{"p"}, "old", 10}},
                          {2, event_id(2), start + 3s, {}, {{"p"}, "new", 20}}};
    evidence_.orders = {{1, event_id(3), start + 2s, {}, order("a")}};
    evidence_.read_model = {{{"a"}, {"c-a"}, {"p"}, "old", 2, 10, 20, kDay}};
    evidence_.warehouse = evidence_.read_model;
    promised_.orders = {{"a", order("a")}};
    promised_.attempted = {{"key", order("a")}};
    promised_.shown = evidence_.read_model;
    evidence_.listed = evidence_.read_model;
    evidence_.lists = true;
  }

  /// The promises that are broken, e.g. "P5 P6 ".
  std::string broken() const {
    std::string names;
    for (const auto& one : broken_promises(promised_, evidence_))
      names += one.substr(0, 2) + " ";
    return names;
  }

  Promised promised_;
  Evidence evidence_;
};

TEST_F(OracleTest, is_content_when_all_is_well) { EXPECT_EQ(broken(), ""); }

TEST_F(OracleTest, sees_a_lost_order) {
  promised_.orders["b"] = order("b");
  EXPECT_EQ(broken(), "P1 ");
}

TEST_F(OracleTest, sees_an_order_with_two_events) {
  evidence_.orders.push_back(evidence_.orders.front());
  evidence_.orders.back().position = 2;
  evidence_.orders.back().event_id = event_id(4);
  evidence_.orders.back().accepted_at += 1us;
  EXPECT_EQ(broken(), "P2 P2 ") << "the order, and the key that made it";
}

TEST_F(OracleTest, sees_an_order_that_nobody_sent) {
  promised_.attempted.clear();
  EXPECT_EQ(broken(), "P9 ");
}

TEST_F(OracleTest, sees_two_orders_of_one_key) {
  auto second = evidence_.orders.front();
  second.position = 2;
  second.event_id = event_id(4);
  second.accepted_at += 1us;
  second.data.order_id = {"b"};
  evidence_.orders.push_back(second);
  EXPECT_EQ(broken().substr(0, 3), "P2 ");
}

TEST_F(OracleTest, sees_a_row_that_a_list_lacks) {
  evidence_.listed.clear();
  EXPECT_EQ(broken(), "P5 ");
}

TEST_F(OracleTest, sees_a_row_that_was_once_shown_at_another_price) {
  promised_.shown.front().unit_price = 20;
  EXPECT_EQ(broken(), "P8 ");
}

TEST_F(OracleTest, takes_an_order_for_gone_that_was_shown_before_the_read_model_noticed) {
  auto gone = evidence_.read_model.front();
  gone.order_id = {"gone"};
  promised_.shown_late = {gone};
  EXPECT_EQ(broken(), "");
  promised_.shown.push_back(gone);
  EXPECT_EQ(broken(), "P8 ");
}

TEST_F(OracleTest, sees_a_row_at_another_price_that_was_shown_before_the_read_model_noticed) {
  promised_.shown_late = promised_.shown;
  promised_.shown_late.front().unit_price = 20;
  EXPECT_EQ(broken(), "P8 ");
}

TEST_F(OracleTest, sees_a_dead_letter) {
  evidence_.dead_letters = {"order_conflict of the order a"};
  EXPECT_EQ(broken(), "P5 ");
}

TEST_F(OracleTest, sees_a_gap_in_the_positions) {
  evidence_.orders.front().position = 2;
  EXPECT_EQ(broken(), "P3 ");
}

TEST_F(OracleTest, sees_a_row_twice_in_the_warehouse) {
  evidence_.warehouse.push_back(evidence_.warehouse.front());
  EXPECT_EQ(broken(), "P6 ");
}

TEST_F(OracleTest, sees_a_row_that_is_missing) {
  evidence_.read_model.clear();
  EXPECT_EQ(broken(), "P5 ");
}

TEST_F(OracleTest, sees_a_price_of_another_time) {
  evidence_.read_model.front().unit_price = 20;
  EXPECT_EQ(broken(), "P8 ");
}

TEST_F(OracleTest, sees_a_foreign_order_that_was_not_archived) {
  promised_.foreign["x"] = order("x");
  EXPECT_EQ(broken(), "P7 ");
}

}  // namespace
}  // namespace orderly::simulation
