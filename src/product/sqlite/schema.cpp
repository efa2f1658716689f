#include "product/sqlite/schema.hpp"

#include <array>
#include <string_view>

#include "base/ids.hpp"
#include "sqlite/epoch_history.hpp"
#include "sqlite/idempotency.hpp"
#include "sqlite/migrations.hpp"

namespace orderly::product {
namespace {

/// Ids are blobs of 16 bytes where they are UUIDs, else text (sqlite/stored_id.hpp); valid_from is
/// in microseconds since 1970. `product` names the newest version of each.
constexpr std::string_view kProducts =
    "CREATE TABLE product_version("
    " position INTEGER PRIMARY KEY,"
    " product_id ANY NOT NULL,"
    " product_name TEXT NOT NULL,"
    " unit_price INTEGER NOT NULL,"
    " valid_from INTEGER NOT NULL,"
    " event_id BLOB NOT NULL,"
    " trace BLOB) STRICT;"
    "CREATE TABLE product("
    " product_id ANY PRIMARY KEY,"
    " position INTEGER NOT NULL) STRICT, WITHOUT ROWID;";

constexpr std::array kMigrations{
    sqlite::Migration{1, "product versions", kProducts},
    sqlite::Migration{2, "idempotency keys", sqlite::IdempotencyKeys::kSchema},
    sqlite::Migration{3, "past epochs", sqlite::EpochHistory::kSchema}};

constexpr sqlite::Schema kSchema{"product", sqlite::application_id("OrdP"), kMigrations};

}  // namespace

sqlite::Connection open_database(const sqlite::OpenOptions& options, Random& random, UtcTime now) {
  sqlite::Connection connection(options);
  sqlite::migrate(connection, kSchema, UuidSource(random).next(now));
  return connection;
}

}  // namespace orderly::product
