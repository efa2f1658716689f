#include "orderinfo/pricing.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <vector>

#include "orderinfo/product_catalog.hpp"
#include "unit/orderinfo/builders.hpp"

namespace orderly::orderinfo {
namespace {

using testing::at;
using testing::product_event;

const std::vector<ProductVersion> kVersions = {
    {at(10), {"first", 100}}, {at(20), {"second", 200}}, {at(30), {"third", 300}}};

std::int64_t price_at(int second) {
  const auto* version = version_in_force(kVersions, at(second));
  return version == nullptr ? -1 : version->price.unit_price;
}

TEST(Pricing, TakesTheNewestVersionThatIsNotLaterThanTheOrder) {
  EXPECT_EQ(price_at(19), 100);
  EXPECT_EQ(price_at(20), 200) << "in force from its time on";
  EXPECT_EQ(price_at(21), 200);
  EXPECT_EQ(price_at(1000), 300);
}

TEST(Pricing, TakesTheFirstOneAfterWhereNoneWasBefore) { EXPECT_EQ(price_at(9), 100); }

TEST(Pricing, HasNoPriceForAProductWithoutVersions) {
  EXPECT_EQ(version_in_force({}, at(10)), nullptr);
}

RC_GTEST_PROP(Pricing, AgreesWithTheDefinition,
              (std::set<std::uint16_t> times, std::uint16_t when)) {
  std::vector<ProductVersion> versions;
  for (const auto time : times)
    versions.push_back({at(time), {"v", time}});
  const ProductVersion* expected = versions.empty() ? nullptr : &versions.front();
  for (const auto& version : versions) {
    if (version.valid_from <= at(when)) expected = &version;
  }
  RC_ASSERT(version_in_force(versions, at(when)) == expected);
}

RC_GTEST_PROP(Pricing, LaterVersionsDoNotChangeAPriceOfBefore,
              (std::set<std::uint16_t> times, std::uint16_t when)) {
  std::vector<ProductVersion> known;
  std::vector<ProductVersion> later;
  for (const auto time : times) {
    if (time <= when) known.push_back({at(time), {"v", time}});
    later.push_back({at(time), {"v", time}});
  }
  RC_PRE(!known.empty());
  RC_ASSERT(*version_in_force(known, at(when)) == *version_in_force(later, at(when)));
}

TEST(ProductCatalog, HoldsEachVersionOnce) {
  ProductCatalog catalog;
  catalog.add({product_event(1, "p1", 100, at(1)), product_event(2, "p2", 200, at(2))});
  catalog.add({product_event(2, "p2", 200, at(2)), product_event(3, "p1", 300, at(3))});
  EXPECT_EQ(catalog.products(), 2);
  ASSERT_EQ(catalog.versions_of({"p1"}).size(), 2);
  EXPECT_EQ(catalog.versions_of({"p1"})[1], (ProductVersion{at(3), {"v3", 300}}));
  EXPECT_EQ(catalog.versions_of({"p2"}).size(), 1);
  EXPECT_TRUE(catalog.versions_of({"p3"}).empty());
  catalog.clear();
  EXPECT_TRUE(catalog.versions_of({"p1"}).empty());
}

}  // namespace
}  // namespace orderly::orderinfo
