#include "audit/digest.hpp"

#include <gtest/gtest.h>

#include "base/dates.hpp"

namespace orderly::audit {
namespace {

events::OrderInfo row() {
  return {.order_id = {"o1"},
          .customer_id = {"c1"},
          .product_id = {"p1"},
          .product_name = "Web Camera",
          .number = 2,
          .unit_price = 100,
          .total_price = 200,
          .order_date = *parse_date("2021-02-14")};
}

// RFC 1321, A.5: MD5("abc") = 900150983cd24fb0 d6963f7d28e17f72; DuckDB 1.4.4 says the same number.
TEST(Digest, HashesAreTheLowHalfOfMd5) {
  EXPECT_EQ(hash_of("abc"), 8250560606382298838U);
  EXPECT_EQ(hash_of(""), 0x7e42f8ec980980e9U) << "d41d8cd98f00b204 e9800998ecf8427e";
}

TEST(Digest, RowsAreToldApartByEveryColumn) {
  const std::string text = text_of(row());
  const auto changed = [&](auto change) {
    auto other = row();
    change(other);
    return text_of(other) != text;
  };
  EXPECT_TRUE(changed([](auto& r) { r.order_id.value = "o2"; }));
  EXPECT_TRUE(changed([](auto& r) { r.customer_id.value = "c2"; }));
  EXPECT_TRUE(changed([](auto& r) { r.product_id.value = "p2"; }));
  EXPECT_TRUE(changed([](auto& r) { r.product_name = "Web"; }));
  EXPECT_TRUE(changed([](auto& r) { r.number = 3; }));
  EXPECT_TRUE(changed([](auto& r) { r.unit_price = 3; }));
  EXPECT_TRUE(changed([](auto& r) { r.total_price = 3; }));
  EXPECT_TRUE(changed([](auto& r) { r.order_date += std::chrono::days(1); }));
}

TEST(Digest, AnOrderAndItsRowHaveTheSameText) {
  const events::OrderPlaced order{.order_id = {"o1"},
                                  .customer_id = {"c1"},
                                  .product_id = {"p1"},
                                  .number = 2,
                                  .order_date = *parse_date("2021-02-14")};
  EXPECT_EQ(text_of(order), text_of_order(row()));
}

TEST(Digest, TheOrderOfRowsDoesNotMatterTheirNumberDoes) {
  Digest left;
  Digest right;
  left.add(7, 1);
  left.add(7, 2);
  right.add(7, 2);
  right.add(7, 1);
  EXPECT_TRUE(differing(left, right).empty());
  right.add(9, 0);
  EXPECT_EQ(differing(left, right), std::vector<std::size_t>{9}) << "though the sums agree";
  EXPECT_EQ(right.rows(), 3);
}

}  // namespace
}  // namespace orderly::audit
