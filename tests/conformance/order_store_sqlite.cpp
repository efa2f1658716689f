#include "conformance/order_store_conformance.hpp"
#include "order/sqlite/sqlite_order_store.hpp"

namespace orderly::order::testing {
namespace {

using SqliteWorld = orderly::testing::SqliteStoreWorld<OrderStore, SqliteOrderStore>;

INSTANTIATE_TEST_SUITE_P(Sqlite, OrderStoreConformance,
                         ::testing::Values(OrderStoreAdapter{
                             "order", [] { return std::make_unique<SqliteWorld>(); }}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace orderly::order::testing
