#include "conformance/product_store_conformance.hpp"
#include "product/sqlite/sqlite_product_store.hpp"

namespace orderly::product::testing {
namespace {

using SqliteWorld = orderly::testing::SqliteStoreWorld<ProductStore, SqliteProductStore>;

INSTANTIATE_TEST_SUITE_P(Sqlite, ProductStoreConformance,
                         ::testing::Values(ProductStoreAdapter{
                             "product", [] { return std::make_unique<SqliteWorld>(); }}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace orderly::product::testing
